import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../../src/lib/oci/descriptor.ts';
import { DOCKER_LIST, OCI_INDEX, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';
import { referrersTag } from '../../../src/lib/oci/referrers.ts';
import { type Answer, bodyOf } from '../fake-caller.ts';
import { clientOf, routes } from './fake-registry.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const SUBJECT = digest('5');
const API = `/v2/team/app/referrers/${SUBJECT}`;
const FALLBACK = `/v2/team/app/manifests/${referrersTag(SUBJECT)}`;
const referrer = (digit: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: OCI_MANIFEST,
  digest: digest(digit),
  size: 1,
  ...more,
});
const [a, b, c] = [referrer('a'), referrer('b'), referrer('c')];

const list = (manifests: unknown, headers: Record<string, string> = {}, mediaType: string = OCI_INDEX) =>
  new Response(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }), {
    headers: { 'Content-Type': mediaType, ...headers },
  });
const answering = (api: Answer | undefined, fallback?: Answer) =>
  clientOf(routes({ ...(api ? { [API]: api } : {}), ...(fallback ? { [FALLBACK]: fallback } : {}) }));
const read = async (api: Answer | undefined, fallback?: Answer) =>
  answering(api, fallback).repository.listReferrers(SUBJECT);

describe('listReferrers', () => {
  it("gives the registry's list", async () =>
    expect(await read(() => list([a, b]))).toEqual({ descriptors: [a, b], shown: [a, b], api: true }));
  it('gives the fallback tag where there is no list', async () =>
    expect(await read(undefined, () => list([a]))).toEqual({ descriptors: [a], shown: [a], api: false }));
  it('gives both as one, the list first, which is all that clients are shown', async () =>
    expect(
      await read(
        () => list([b]),
        () => list([a, b, c]),
      ),
    ).toEqual({ descriptors: [b, a, c], shown: [b], api: true }));
  it.each([
    ['docker.io', undefined, `HEAD ${FALLBACK}`],
    ['docker.io', () => list([b], { 'Docker-Content-Digest': digest('d') }), `HEAD ${FALLBACK}, GET ${FALLBACK}`],
    ['quay.io', undefined, `GET ${FALLBACK}`],
  ] as const)('pulls from %s, which may count pulls, no more than it must', async (host, fallback, calls) => {
    const table = { [API]: () => list([a]), ...(fallback ? { [FALLBACK]: fallback } : {}) };
    const { caller, repository } = clientOf(routes(table), { host });
    const { descriptors } = await repository.listReferrers(SUBJECT);
    expect(descriptors).toEqual(fallback ? [a, b] : [a]);
    expect(
      caller
        .calls()
        .filter((call) => call.endsWith(FALLBACK))
        .join(', '),
    ).toBe(calls);
  });
  it("keeps the list's descriptor where both name a manifest", async () => {
    const { descriptors } = await read(
      () => list([referrer('a', { artifactType: 'listed' })]),
      () => list([referrer('a', { artifactType: 'tagged' })]),
    );
    expect(descriptors).toEqual([referrer('a', { artifactType: 'listed' })]);
  });
  it('finds none where there is neither', async () =>
    expect(await read(undefined)).toEqual({ descriptors: [], shown: [], api: false }));
  it.each([[[]], [null]])('finds none in a list of %j', async (manifests) =>
    expect(await read(() => list(manifests))).toEqual({ descriptors: [], shown: [], api: true }),
  );
  it('asks for all types: one registry lists wrong ones', async () => {
    const { caller, repository } = answering(() => list([referrer('a', { artifactType: 'wrong/type' }), a]));
    expect((await repository.listReferrers(SUBJECT)).descriptors).toHaveLength(1);
    expect(caller.calls()).toContain(`GET ${API}`);
  });
  it('passes over what it cannot read, say a digest of another algorithm', async () =>
    expect((await read(() => list([{ ...a, digest: `sha512:${'a'.repeat(128)}` }, 7, null, b]))).descriptors).toEqual([
      b,
    ]));
  it('takes the media type with its parameters', async () =>
    expect((await read(() => list([a], {}, `${OCI_INDEX}; charset=utf-8`))).api).toBe(true));
  it('follows the pages', async () => {
    const { descriptors } = await read(({ url }) =>
      url.searchParams.has('p') ? list([b]) : list([a], { Link: `<${API}?p=2>; rel="next"` }),
    );
    expect(descriptors).toEqual([a, b]);
  });
  it('asks again for a page that breaks off', async () =>
    expect(
      await read((_, count) =>
        count <= 1 ? new Response(bodyOf(['{'], 'break'), { headers: { 'Content-Type': OCI_INDEX } }) : list([a]),
      ),
    ).toMatchObject({ descriptors: [a] }));
  it('reads no more than ten pages', async () => {
    const { caller, repository } = answering(({ url }) => {
      const page = Number(url.searchParams.get('p') ?? 0);
      return list([referrer(String(page % 10))], { Link: `<?p=${page + 1}>; rel="next"` });
    });
    await repository.listReferrers(SUBJECT);
    expect(caller.seen.filter(({ url }) => url.pathname === API)).toHaveLength(10);
  });

  describe('when the registry keeps no list', () => {
    it.each([
      ['404', () => new Response('{}', { status: 404 })],
      ['405', () => new Response(null, { status: 405 })],
      ['400', () => new Response(null, { status: 400 })],
      ['501', () => new Response(null, { status: 501 })],
      ['a redirect elsewhere', () => Response.redirect('https://github.test/', 303)],
      ['HTML', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } })],
      ['another type that begins alike', () => list([a], {}, `${OCI_INDEX}x`)],
    ])('takes %s for that', async (_, api) =>
      expect(await read(api)).toEqual({ descriptors: [], shown: [], api: false }),
    );
    it('does not follow a redirect', async () => {
      const { caller, repository } = answering(() => Response.redirect('https://github.test/', 303));
      await repository.listReferrers(SUBJECT);
      expect(caller.seen.map(({ url }) => url.host)).toEqual(['registry.test', 'registry.test']);
    });
  });

  describe('when the list cannot be read', () => {
    it.each([
      ['401', () => new Response(null, { status: 401 }), 'UNAUTHORIZED'],
      ['403', () => new Response(null, { status: 403 }), 'DENIED'],
      ['429', () => new Response(null, { status: 429 }), 'PEER_BUSY'],
      ['500', () => new Response(null, { status: 500 }), 'PEER_FAILED'],
      ['502 with HTML', () => new Response('<html>', { status: 502 }), 'PEER_FAILED'],
      ['418', () => new Response(null, { status: 418 }), 'UNEXPECTED_STATUS'],
      ['no JSON', () => new Response('<html>', { headers: { 'Content-Type': OCI_INDEX } }), 'PEER_FAILED'],
      ['another document', () => new Response('[]', { headers: { 'Content-Type': OCI_INDEX } }), 'MANIFEST_INVALID'],
      ['a page elsewhere', () => list([a], { Link: '<https://evil.test/>; rel="next"' }), 'LINK_INVALID'],
    ])('takes %s for an error, though the fallback tag is good', async (_, api, code) =>
      expect(read(api, () => list([a]))).rejects.toMatchObject({ code }),
    );
    it('takes a list that breaks off between pages for one', async () =>
      expect(
        read(({ url }) =>
          url.searchParams.has('p') ? new Response(null, { status: 404 }) : list([a], { Link: '<?p=2>; rel="next"' }),
        ),
      ).rejects.toMatchObject({ code: 'LINK_INVALID' }));
  });

  describe('when the fallback tag holds something else', () => {
    it.each([
      ['an image', () => list([b], {}, OCI_MANIFEST)],
      ['a Docker list', () => list([b], {}, DOCKER_LIST)],
      ['no JSON', () => new Response('<html>', { headers: { 'Content-Type': OCI_INDEX } })],
      ['a broken index', () => list([{ digest: 'x' }])],
      ['too much', () => new Response('x'.repeat(4 * 1024 * 1024 + 1), { headers: { 'Content-Type': OCI_INDEX } })],
    ])('still gives the list: %s', async (_, fallback) =>
      expect(await read(() => list([a]), fallback)).toEqual({ descriptors: [a], shown: [a], api: true }),
    );
    it('does not take an index that cannot be read for an empty one where it is all there is', async () =>
      expect(read(undefined, () => list([{ digest: 'x' }]))).rejects.toMatchObject({ code: 'MANIFEST_INVALID' }));
    it('takes an error for one: what it holds would be missing', async () =>
      expect(
        read(
          () => list([a]),
          () => new Response(null, { status: 503 }),
        ),
      ).rejects.toMatchObject({ code: 'PEER_FAILED' }));
  });
});

describe('listByApi', () => {
  it('gives the list, whatever the fallback tag holds', async () =>
    expect(
      await answering(
        () => list([a]),
        () => list([b]),
      ).repository.listByApi(SUBJECT),
    ).toEqual([a]));
  it('is undefined where there is no list', async () =>
    expect(await answering(undefined, () => list([b])).repository.listByApi(SUBJECT)).toBeUndefined());
});

describe('hasReferrersApi', () => {
  const has = (api: Answer | undefined) => answering(api).repository.hasReferrersApi(SUBJECT);

  it('says yes to a list, empty or not', async () => expect(await has(() => list([]))).toBe(true));
  it('says no to 404', async () => expect(await has(undefined)).toBe(false));
  it('does not know at 503', async () =>
    expect(has(() => new Response(null, { status: 503 }))).rejects.toMatchObject({ code: 'PEER_FAILED' }));
});
