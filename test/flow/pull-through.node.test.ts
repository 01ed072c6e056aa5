import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../demo/config.ts';
import { buildImage, digestOf, json, packLayer } from '../../demo/images.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

let world: World;
/** Of the merged image. */
let digest = '';

beforeAll(async () => {
  world = await startWorld();
  const images = await world.push(CORE, 'signed');
  for (const image of images) {
    const answer = await world.report({ suffix: '-x', arch: image.arch, digest: image.digest, claims: AT_ONCE });
    if (answer.status === 200) digest = String(answer.body.digest);
  }
  const stranger = buildImage('amd64', packLayer(Buffer.from('a stranger')), 'unsigned');
  for (const client of world.clients) await client.pushImage(CORE, stranger, 'unsigned');
}, 60_000);
afterAll(() => world?.close());

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${world.worker().url}/v2/${path}`, { redirect: 'manual', ...init });
const jsonOf = async (response: Response) => (await response.json()) as Record<string, never>;

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly platform?: { readonly architecture: string };
}
const manifestOf = async (name: string, reference: string) =>
  (await jsonOf(await get(`${name}/manifests/${reference}`))) as unknown as {
    readonly manifests: Descriptor[];
    readonly config: Descriptor;
    readonly layers: Descriptor[];
  };

/** What a client that sends the path just as it is gets back: its status line, and the code. */
function sendRaw(path: string): Promise<string> {
  const { hostname, port } = new URL(world.worker().url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (part) => {
      text += part.toString();
    });
    socket.on('error', reject);
    socket.on('end', () => resolve(`${text.slice(9, 12)} ${/"code":"([A-Z_]+)"/.exec(text)?.[1]}`));
  });
}

// With the referrers API and tokens, and with neither.
describe.each(['api', 'tag'])('the pull-through of the registry %s', (alias) => {
  const name = `${alias}/${CORE}`;

  it('serves a merged image by tag, byte for byte', async () => {
    const response = await get(`${name}/manifests/master-x`);
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, INDEX]);
    expect(response.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(digestOf(Buffer.from(await response.arrayBuffer()))).toBe(digest);
  });

  it('answers HEAD with the length', async () => {
    const { size } = { size: (await (await get(`${name}/manifests/${digest}`)).arrayBuffer()).byteLength };
    const head = await get(`${name}/manifests/${digest}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('Content-Length')]).toEqual([200, String(size)]);
  });

  it.each(['amd64', 'arm64'])('serves all of the image for %s', async (architecture) => {
    const { manifests } = await manifestOf(name, 'master-x');
    const child = manifests.find(({ platform }) => platform?.architecture === architecture);
    const { config, layers } = await manifestOf(name, child?.digest ?? '');
    for (const blob of [config, ...layers]) {
      const response = await get(`${name}/blobs/${blob.digest}`);
      expect(response.headers.get('Content-Length')).toBe(String(blob.size));
      expect(digestOf(Buffer.from(await response.arrayBuffer()))).toBe(blob.digest);
    }
  });

  it('serves a part of a layer', async () => {
    const { manifests } = await manifestOf(name, 'master-x');
    const { layers } = await manifestOf(name, manifests[0]?.digest ?? '');
    const path = `${name}/blobs/${layers[0]?.digest}`;
    const whole = Buffer.from(await (await get(path)).arrayBuffer());
    const part = await get(path, { headers: { Range: 'bytes=5-9' } });
    expect([part.status, part.headers.get('Content-Range')]).toEqual([206, `bytes 5-9/${whole.byteLength}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(5, 10));
  });

  it('leads a verifier from the image to the bundle', async () => {
    const list = await get(`${name}/referrers/${digest}`);
    expect(list.headers.get('Content-Type')).toBe(INDEX);
    const { manifests } = (await jsonOf(list)) as unknown as { manifests: Descriptor[] };
    expect(manifests[0]?.artifactType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    const { layers } = await manifestOf(name, manifests[0]?.digest ?? '');
    const bundle = await jsonOf(await get(`${name}/blobs/${layers[0]?.digest}`));
    expect(bundle).toHaveProperty('dsseEnvelope');
  });

  it('refuses an image that is not signed, and its blobs', async () => {
    const response = await get(`${name}/manifests/unsigned`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      errors: [{ code: 'DENIED', detail: { code: 'SIGNATURE_MISSING' } }],
    });
    const pulled = JSON.parse((await world.clients[0]?.pull(CORE, 'unsigned'))?.text ?? '{}');
    expect((await get(`${name}/blobs/${pulled.layers[0].digest}`)).status).toBe(404);
  });

  it('refuses a tag that points at what merely refers to a signed image', async () => {
    const client = world.clients[alias === 'api' ? 0 : 1];
    const subject = { mediaType: INDEX, digest, size: 1 };
    const evil = buildImage('amd64', packLayer(Buffer.from('evil')), 'evil');
    for (const blob of evil.blobs) await client?.pushBlob(CORE, blob);
    const artifact = json({ ...JSON.parse(evil.bytes.toString()), artifactType: 'application/x-sbom', subject });
    await client?.pushManifest(CORE, 'evil', artifact, MANIFEST);
    expect((await get(`${name}/manifests/evil`)).status).toBe(403);
    expect((await get(`${name}/manifests/${digestOf(artifact)}`)).status).toBe(403);
  });

  it('refuses a tag that points at one child of a signed image, and serves that child by its digest', async () => {
    const client = world.clients[alias === 'api' ? 0 : 1];
    const { manifests } = await manifestOf(name, 'master-x');
    for (const [at, child] of manifests.entries()) {
      const pulled = await client?.pull(CORE, child.digest);
      await client?.pushManifest(CORE, `leg-${at}`, Buffer.from(pulled?.text ?? ''), MANIFEST);
      const refused = await get(`${name}/manifests/leg-${at}`);
      expect([refused.status, refused.headers.get('Muster-Verdict')]).toEqual([403, 'SUBJECT_MISMATCH']);
      expect((await get(`${name}/manifests/${child.digest}`)).status).toBe(200);
    }
  });

  it('lists the tags', async () => {
    const { tags } = (await jsonOf(await get(`${name}/tags/list`))) as unknown as { tags: string[] };
    expect(tags).toContain('master-x');
  });

  it('takes no writes', async () => {
    expect((await get(`${name}/manifests/x`, { method: 'PUT', body: '{}' })).status).toBe(405);
  });

  it.each([
    [`/v2/${alias}/../${alias}/manifests/v1`, '400 NAME_INVALID'],
    [`/v2/${alias}%2f${CORE}/manifests/v1`, '400 NAME_INVALID'],
    [`/v2/${alias}//${CORE}/manifests/v1`, '400 NAME_INVALID'],
    [`/v2/${alias}/${CORE}/blobs/sha256:0`, '400 DIGEST_INVALID'],
    [`/v2/other/${CORE}/manifests/v1`, '404 NAME_UNKNOWN'],
    [`/v2/${CORE}/manifests/master-x?ns=evil.test`, '404 NAME_UNKNOWN'],
    [`/v2/${'a/'.repeat(200)}manifests/v1`, '400 NAME_INVALID'],
    [`/v2/${name}/manifests/..%2f..%2fx`, '400 NAME_INVALID'],
    [`/v2/${name}/manifests/sha256:${'A'.repeat(64)}`, '400 DIGEST_INVALID'],
    [`/v2/${name}/manifests/${'t'.repeat(129)}`, '404 MANIFEST_UNKNOWN'],
    ['/v2/_catalog', '404 UNSUPPORTED'],
    [`/v2/${name}/manifests/no-such-tag`, '404 MANIFEST_UNKNOWN'],
  ])('refuses the raw path %s', async (path, answer) => {
    expect(await sendRaw(path)).toBe(answer);
  });
});

describe('the pull-through', () => {
  it('breaks a blob off whose bytes upstream are others', async () => {
    const name = `api/${CORE}`;
    const { manifests } = await manifestOf(name, 'master-x');
    const { layers } = await manifestOf(name, manifests[0]?.digest ?? '');
    const [layer] = layers;
    const isLayer = ({ url, method }: Request) => method === 'GET' && url.endsWith(`/blobs/${layer?.digest}`);
    const body = 'x'.repeat(layer?.size ?? 0);
    world.stack.registries[0].demo.faults.add({ match: isLayer, kind: 'status', status: 200, body, times: 1 });
    const response = await get(`${name}/blobs/${layer?.digest}`);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('goes on after a kill with what it has verified', async () => {
    await world.restart();
    const { demo } = world.stack.registries[1];
    const before = demo.calls.length;
    expect((await get(`tag/${CORE}/manifests/${digest}`)).status).toBe(200);
    expect(demo.calls).toHaveLength(before);
  });
});
