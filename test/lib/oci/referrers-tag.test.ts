import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';
import { isTag } from '../../../src/lib/oci/reference.ts';
import { mergeReferrer, referrersTag } from '../../../src/lib/oci/referrers.ts';
import { clientOf, routes } from './fake-registry.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const descriptor = (digit: string) => ({
  mediaType: OCI_MANIFEST,
  digest: digest(digit),
  size: 1,
  artifactType: 'a/b',
});

async function indexOf(document: object) {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { bytes, mediaType: OCI_INDEX, digest: await sha256(bytes), size: bytes.byteLength };
}
const read = (raw: { bytes: Uint8Array }) => JSON.parse(new TextDecoder().decode(raw.bytes));

describe('referrersTag', () => {
  it("is the digest with a hyphen, which is a tag's grammar", () => {
    expect(referrersTag(digest('a'))).toBe(`sha256-${'a'.repeat(64)}`);
    expect(isTag(referrersTag(digest('a')))).toBe(true);
  });
});

describe('mergeReferrer', () => {
  it('begins an index', async () =>
    expect(read(await mergeReferrer(undefined, descriptor('a')))).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [descriptor('a')],
    }));
  it('gives the digest of its bytes', async () => {
    const merged = await mergeReferrer(undefined, descriptor('a'));
    expect([merged.digest, merged.size]).toEqual([await sha256(merged.bytes), merged.bytes.byteLength]);
  });
  it('puts ours first and keeps those of others with all their fields', async () => {
    const theirs = { ...descriptor('b'), annotations: { x: 'y' }, later: { a: [1] } };
    const present = await indexOf({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [theirs],
      annotations: { k: 'v' },
      later: 1,
    });
    expect(read(await mergeReferrer(present, descriptor('a')))).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [descriptor('a'), theirs],
      annotations: { k: 'v' },
      later: 1,
    });
  });
  it('holds a manifest once', async () => {
    const present = await mergeReferrer(await mergeReferrer(undefined, descriptor('a')), descriptor('b'));
    const merged = read(await mergeReferrer(present, descriptor('a')));
    expect(merged.manifests).toEqual([descriptor('a'), descriptor('b')]);
  });
  it('gives the same bytes where nothing is new', async () => {
    const present = await mergeReferrer(undefined, descriptor('a'));
    expect((await mergeReferrer(present, descriptor('a'))).digest).toBe(present.digest);
  });
  it('adds nothing to the subject itself, which GitLab gives for the tag', async () => {
    const subject = await indexOf({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor('c')] });
    expect(read(await mergeReferrer(subject, descriptor('a'), subject.digest)).manifests).toEqual([descriptor('a')]);
  });
  it('refuses what is no index', async () => {
    const present = { ...(await indexOf({ schemaVersion: 2 })), mediaType: OCI_MANIFEST };
    await expect(mergeReferrer(present, descriptor('a'))).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
  it('refuses an index that cannot be read', async () => {
    const present = await indexOf({ schemaVersion: 2, manifests: 'x' });
    await expect(mergeReferrer(present, descriptor('a'))).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});

describe('listReferrers', () => {
  it('does not take the subject for its own fallback index', async () => {
    const subject = await indexOf({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor('c')] });
    const path = `/v2/team/app/manifests/${referrersTag(subject.digest)}`;
    const { repository } = clientOf(
      routes({ [path]: () => new Response(subject.bytes, { headers: { 'Content-Type': OCI_INDEX } }) }),
    );
    expect((await repository.listReferrers(subject.digest)).descriptors).toEqual([]);
  });
});
