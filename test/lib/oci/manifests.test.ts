import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';
import { bodyOf } from '../fake-caller.ts';
import { clientOf, routes } from './fake-registry.ts';

const bytes = new TextEncoder().encode('{"schemaVersion":2}');
const digest = await sha256(bytes);
const other = await sha256(new TextEncoder().encode('other'));
const headers = { 'Content-Type': `${OCI_MANIFEST}; charset=utf-8` };
const serve = (body: BodyInit = bytes, more: Record<string, string> = {}) =>
  new Response(body, { headers: { ...headers, ...more } });
const answering = (answer: () => Response) => clientOf(answer).repository;

describe('pullManifest', () => {
  it('gives the bytes as they are', async () => {
    const pulled = await answering(() => serve()).pullManifest('v1');
    expect(pulled).toEqual({ bytes, mediaType: OCI_MANIFEST, digest, size: bytes.byteLength });
  });
  it('asks for every kind but schema 1', async () => {
    const { caller, repository } = clientOf(() => serve());
    await repository.pullManifest('v1');
    expect(caller.seen[0]?.headers.get('Accept')).toBe(
      'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json',
    );
  });
  it('takes the digest from the bytes, not from the header', async () => {
    const pulled = await answering(() => serve(bytes, { 'Docker-Content-Digest': other })).pullManifest('v1');
    expect(pulled?.digest).toBe(digest);
  });
  it('refuses other bytes than were asked for', async () => {
    const lying = answering(() => serve('other', { 'Docker-Content-Digest': digest }));
    await expect(lying.pullManifest(digest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });
  it('finds nothing at 404', async () =>
    expect(await answering(() => new Response('{}', { status: 404 })).pullManifest('v1')).toBeUndefined());
  it('asks again where the body breaks off', async () => {
    const { caller, repository } = clientOf((_, count) => (count === 0 ? serve(bodyOf(['{'], 'break')) : serve()));
    expect((await repository.pullManifest('v1'))?.digest).toBe(digest);
    expect(caller.seen).toHaveLength(2);
  });
  it('gives up where it keeps breaking off', async () => {
    const { caller, repository } = clientOf(() => serve(bodyOf(['{'], 'break')));
    await expect(repository.pullManifest('v1')).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
    expect(caller.seen).toHaveLength(3);
  });
  it('reads no more than 4 MiB', async () => {
    const large = answering(() => serve(new Uint8Array(4 * 1024 * 1024 + 1)));
    await expect(large.pullManifest('v1')).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
  it.each([
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
    [302, 'UNEXPECTED_STATUS'],
    [418, 'UNEXPECTED_STATUS'],
    [429, 'PEER_BUSY'],
    [500, 'PEER_FAILED'],
  ])('takes %i for %s', async (status, code) => {
    const repository = answering(() => new Response('canary', { status, headers: { Location: '/canary' } }));
    const error = await repository.pullManifest('v1').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toMatch(/canary/);
  });
  it.each(['', '.', '..', 'a/b', '../blobs', 'a?b', 'a#b', 'a%2fb', 'sha256:abc', `sha512:${'a'.repeat(128)}`])(
    'does not send "%s"',
    async (reference) => {
      const { caller, repository } = clientOf(() => serve());
      await expect(repository.pullManifest(reference)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
      expect(caller.seen).toEqual([]);
    },
  );
});

describe('headManifest', () => {
  const head = (more: Record<string, string>) =>
    answering(() => new Response(null, { headers: { ...headers, 'Content-Length': '19', ...more } }));

  it('gives what the registry says of a tag', async () =>
    expect(await head({ 'Docker-Content-Digest': other }).headManifest('v1')).toEqual({
      digest: other,
      mediaType: OCI_MANIFEST,
      size: 19,
    }));
  it('refuses a claim that is not the digest it asked for', async () =>
    expect(head({ 'Docker-Content-Digest': other }).headManifest(digest)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    }));
  it.each([
    ['there is no digest', {}],
    ['the digest is of another algorithm', { 'Docker-Content-Digest': `sha512:${'a'.repeat(128)}` }],
  ])('reads the bytes where %s', async (_, more: Record<string, string>) => {
    const { caller, repository } = clientOf(({ method }) =>
      method === 'HEAD' ? new Response(null, { headers: { ...headers, ...more } }) : serve(),
    );
    expect((await repository.headManifest('v1'))?.digest).toBe(digest);
    expect(caller.calls()).toEqual(['HEAD /v2/team/app/manifests/v1', 'GET /v2/team/app/manifests/v1']);
  });
  it('finds nothing at 404', async () =>
    expect(await answering(() => new Response(null, { status: 404 })).headManifest('v1')).toBeUndefined());
  it('takes a refusal for one', async () =>
    expect(answering(() => new Response(null, { status: 403 })).headManifest('v1')).rejects.toMatchObject({
      code: 'DENIED',
    }));
});

describe('pushManifest', () => {
  const created = routes({ '/v2/team/app/manifests/v1': () => new Response(null, { status: 201 }) });

  it('sends the bytes under their media type', async () => {
    const { caller, repository } = clientOf(created);
    await repository.pushManifest('v1', { bytes, mediaType: OCI_MANIFEST });
    const [sent] = caller.seen;
    expect([sent?.method, sent?.headers.get('Content-Type'), sent?.bytes]).toEqual(['PUT', OCI_MANIFEST, bytes]);
  });
  it('sends them again where the answer is lost', async () => {
    const { caller, repository } = clientOf((request, count) => {
      if (count === 0) throw new Error('reset');
      return created(request, count);
    });
    await repository.pushManifest('v1', { bytes, mediaType: OCI_MANIFEST });
    expect(caller.seen).toHaveLength(2);
  });
  it('takes anything but 201 for a refusal', async () => {
    const repository = answering(() => new Response('{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}', { status: 404 }));
    await expect(repository.pushManifest('v1', { bytes, mediaType: OCI_MANIFEST })).rejects.toMatchObject({
      code: 'UNEXPECTED_STATUS',
    });
  });
});
