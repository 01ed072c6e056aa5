import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../demo/config.ts';
import { buildImage, digestOf, json, packLayer } from '../../demo/images.ts';
import type { Fault } from '../../demo/registry/faults.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OTHER = json({ schemaVersion: 2, mediaType: MANIFEST, other: true }).toString();

let world: World;
/** A layer of a signed image. */
let layer = { digest: '', size: 0 };
/** By number, images that nobody has asked for yet. */
let fresh: string[] = [];

beforeAll(async () => {
  world = await startWorld();
  const images = await world.push(CORE, 'signed');
  for (const { arch, digest } of images) await world.report({ suffix: '-x', arch, digest, claims: AT_ONCE });
  const child = await get(`manifests/${images[0]?.digest}`);
  layer = ((await child.json()) as { layers: (typeof layer)[] }).layers[0] ?? layer;
  const unsigned = Array.from({ length: 12 }, (_, n) => buildImage('amd64', packLayer(Buffer.from('x')), `fresh ${n}`));
  for (const image of unsigned) await world.clients[0]?.pushImage(CORE, image);
  fresh = unsigned.map(({ digest }) => digest);
}, 60_000);
afterEach(() => world.stack.registries[0].demo.faults.clear());
afterAll(() => world?.close());

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${world.worker().url}/v2/api/${CORE}/${path}`, { redirect: 'manual', ...init });
const registry = () => world.stack.registries[0].demo;
const failAt = (part: string, fault: Omit<Fault, 'match'>) =>
  registry().faults.add({ times: 99, ...fault, match: ({ url }) => url.includes(part) });
const answering = (body: string, type = MANIFEST) =>
  ({ kind: 'status', status: 200, headers: { 'Content-Type': type }, body }) as const;

/** The status and the registry's code of an answer. */
async function refusalOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string; detail?: { code: string } }[] };
  return `${response.status} ${errors[0]?.code} ${errors[0]?.detail?.code ?? ''}`.trim();
}

describe('a registry that refuses', () => {
  it('is not asked again and again, and its wish for patience is handed on', async () => {
    failAt('/manifests/busy', { kind: 'status', status: 429, headers: { 'Retry-After': '40' } });
    const before = registry().calls.length;
    const response = await get('manifests/busy');
    expect(response.headers.get('Retry-After')).toBe('40');
    expect(await refusalOf(response)).toBe('429 TOOMANYREQUESTS');
    expect(
      registry()
        .calls.slice(before)
        .filter(({ path }) => path.endsWith('/busy')),
    ).toHaveLength(2);
  });

  it.each([
    ['fails', { kind: 'status', status: 500 }, '503 UNAVAILABLE PEER_FAILED'],
    ['is behind a broken gateway', { kind: 'status', status: 502, body: '<html>' }, '503 UNAVAILABLE PEER_FAILED'],
    ['resets each connection', { kind: 'reset-before' }, '503 UNAVAILABLE PEER_UNREACHABLE'],
    ['forbids it', { kind: 'status', status: 403 }, '404 NAME_UNKNOWN'],
    ['knows no HEAD', { kind: 'status', status: 405 }, '502 UNKNOWN UNSUPPORTED'],
    ['is a teapot', { kind: 'status', status: 418 }, '502 UNKNOWN UNEXPECTED_STATUS'],
    ['redirects manifests', { kind: 'status', status: 302 }, '502 UNKNOWN UNEXPECTED_STATUS'],
  ] as const)('because it %s is no 200', async (name, fault, refusal) => {
    failAt('/manifests/odd', fault);
    expect([name, await refusalOf(await get('manifests/odd'))]).toEqual([name, refusal]);
  });

  it('sends nobody to a token service that is not configured', async () => {
    const challenge = `Bearer realm="${world.stack.issuer.origin}/steal",service="x"`;
    failAt('/manifests/realm', { kind: 'status', status: 401, headers: { 'WWW-Authenticate': challenge } });
    expect(await refusalOf(await get('manifests/realm'))).toBe('502 UNKNOWN REALM_REFUSED');
  });
});

describe('a registry that lies about a manifest', () => {
  it.each([
    ['other bytes', () => answering(OTHER), '502 UNKNOWN DIGEST_MISMATCH'],
    ['nothing', () => answering(''), '502 UNKNOWN DIGEST_MISMATCH'],
    ['more than four mebibytes', () => answering('x'.repeat(4_200_000)), '502 UNKNOWN BODY_TOO_LARGE'],
    ['less than it announced', () => ({ kind: 'truncate' }) as const, '503 UNAVAILABLE BODY_TRUNCATED'],
  ])('by %s is not believed, now or later', async (_, fault, refusal) => {
    const digest = fresh.pop() ?? '';
    failAt(`/manifests/${digest}`, fault());
    expect(await refusalOf(await get(`manifests/${digest}`))).toBe(refusal);
    registry().faults.clear();
    expect(await refusalOf(await get(`manifests/${digest}`))).toBe('403 DENIED SIGNATURE_MISSING');
  });

  it('by its media type is not believed', async () => {
    const digest = fresh.pop() ?? '';
    const text = (await world.clients[0]?.pull(CORE, digest))?.text ?? '';
    failAt(`/manifests/${digest}`, answering(text, 'text/html'));
    expect(await refusalOf(await get(`manifests/${digest}`))).toBe('502 UNKNOWN MANIFEST_INVALID');
  });

  it('by the digest of a tag serves nothing that is not that digest', async () => {
    const digest = digestOf(Buffer.from(OTHER));
    failAt('/manifests/lie', { kind: 'status', status: 200, headers: { 'Docker-Content-Digest': digest } });
    expect(await refusalOf(await get('manifests/lie'))).toBe('404 MANIFEST_UNKNOWN');
  });
});

describe('a registry that lies about a blob', () => {
  it.each(['truncate', 'overlong', 'reset-before'] as const)('by %s completes none', async (kind) => {
    failAt(`/blobs/${layer.digest}`, { kind });
    const response = await get(`blobs/${layer.digest}`);
    const body = response.status === 200 ? response.arrayBuffer() : Promise.reject(new Error(`${response.status}`));
    await expect(body).rejects.toThrow();
  });

  it('that is no longer there answers 404', async () => {
    failAt(`/blobs/${layer.digest}`, { kind: 'status', status: 404 });
    expect(await refusalOf(await get(`blobs/${layer.digest}`))).toBe('404 BLOB_UNKNOWN');
  });

  it.each([
    ['storage over https', 'https://storage.test/x?sig=1', '307'],
    ['plain http', 'http://storage.test/x', '502 UNKNOWN REDIRECT_INVALID'],
    ['an address with credentials', 'https://u:p@storage.test/x', '502 UNKNOWN REDIRECT_INVALID'],
    ['a file', 'file:///etc/passwd', '502 UNKNOWN REDIRECT_INVALID'],
    ['nowhere', '', '502 UNKNOWN REDIRECT_INVALID'],
    ['itself', `/v2/${CORE}/blobs/sha256:${'0'.repeat(64)}`, '404 BLOB_UNKNOWN'],
  ])('or redirects it to %s', async (_, location, answer) => {
    const headers: Record<string, string> = location === '' ? {} : { Location: location };
    failAt(`/blobs/${layer.digest}`, { kind: 'status', status: 307, headers });
    const response = await get(`blobs/${layer.digest}`);
    if (response.status === 307) expect([answer, response.headers.get('Location')]).toEqual(['307', location]);
    else expect(await refusalOf(response)).toBe(answer);
  });
});

describe('a registry that lies about referrers', () => {
  it.each([
    ['has a next page elsewhere', '<https://evil.test/x>; rel="next"'],
    ['has a next page that is the same', `</v2/${CORE}/referrers/DIGEST>; rel="next"`],
  ])('whose list %s gives no verdict', async (_, link) => {
    const digest = fresh.pop() ?? '';
    const list = json({ schemaVersion: 2, manifests: [] }).toString();
    const headers = {
      'Content-Type': 'application/vnd.oci.image.index.v1+json',
      Link: link.replace('DIGEST', digest),
    };
    failAt(`/referrers/${digest}`, { kind: 'status', status: 200, headers, body: list });
    expect(await refusalOf(await get(`manifests/${digest}`))).toBe('502 UNKNOWN LINK_INVALID');
  });

  it('whose list is not JSON gives no verdict', async () => {
    const digest = fresh.pop() ?? '';
    failAt(`/referrers/${digest}`, answering('{', 'application/vnd.oci.image.index.v1+json'));
    expect(await refusalOf(await get(`manifests/${digest}`))).toBe('503 UNAVAILABLE PEER_FAILED');
  });
});
