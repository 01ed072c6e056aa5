import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Caller } from '../../demo/caller.ts';
import { BACKENDS, CORE } from '../../demo/config.ts';
import { AT_ONCE, BUILDER, startWorld, type World } from './world.ts';

let world: World;
/** Everything that must stay where it is: whole, and the part of it that is secret. */
const canaries: string[] = [];
/** Everything that anybody could read. */
const answers: string[] = [];

/** What every P-256 key in PKCS #8 begins with, of a length that fills its base64. @see https://www.rfc-editor.org/rfc/rfc5208 */
const KEY_HEADER = Buffer.from('308187020100301306072a8648ce3d020106', 'hex');
/** The ways a key, or its beginning, may be written. */
const KEY_FORMS: Readonly<Record<string, (key: Buffer) => Buffer | string>> = {
  bytes: (key) => key,
  base64: (key) => key.toString('base64'),
  hex: (key) => key.toString('hex'),
  'a list of numbers': (key) => key.join(),
  // Not closed: more of the key may follow.
  'a JSON object': (key) => JSON.stringify(new Uint8Array(key)).slice(0, -1),
};

/** A whole release with its mishaps: what is looked through afterwards. */
beforeAll(async () => {
  world = await startWorld();
  const { issuer, registries, registryAuth } = world.stack;
  const recording = {
    ...issuer,
    token: async (...args: Parameters<typeof issuer.token>) => {
      const token = await issuer.token(...args);
      canaries.push(token.split('.')[2] ?? token);
      return token;
    },
  };
  for (const { password } of registries) if (password !== undefined) canaries.push(password);
  const { auths } = JSON.parse(registryAuth) as { auths: Record<string, { auth: string }> };
  canaries.push(...Object.values(auths).map(({ auth }) => auth));
  const call = async (...args: Parameters<Caller['call']>) => {
    const answer = await new Caller(world.worker().url, recording).call(...args);
    answers.push(JSON.stringify(answer));
    return answer;
  };
  const report = (
    suffix: string,
    claims: Record<string, string>,
    image: { arch: string; digest: string } | undefined,
  ) =>
    call({
      method: 'POST',
      path: '/v1/arrivals',
      claims,
      body: { tag_suffix: suffix, platform_tag: image?.arch, digest: image?.digest, expect: ['amd64', 'arm64'] },
    });

  const core = await world.push(CORE, 'secrets');
  for (const image of core) await report('-s', AT_ONCE, image);
  const backends = await world.push(BACKENDS, 'secrets');
  for (const image of backends) await report('-s', BUILDER, image);
  await call({
    method: 'POST',
    path: '/v1/runs/localai/4242/finish',
    claims: { job_workflow_ref: 'stranger' },
    body: {},
  });
  await call({ method: 'POST', path: '/v1/runs/localai/4242/finish', claims: {}, body: {} });
  // A token service that fails, a registry that refuses, an upload whose answer is lost.
  const [first] = registries;
  for (const status of [500, 403, 401])
    first.demo.faults.add({ kind: 'status', status, times: 4, match: ({ url }) => url.includes('/token') });
  first.demo.faults.add({ kind: 'reset-after', match: ({ method }) => method === 'PUT' });
  await world.restart();
  for (const image of await world.push(CORE, 'mishaps').catch(() => core)) await report('-m', AT_ONCE, image);
  first.demo.faults.clear();
  for (const path of ['/v1/runs/localai/4242', '/v1/merges/localai/4242/-s', '/v1/merges/core/4242/-s/summary'])
    await call({ path });
  await world
    .worker()
    .stop()
    .catch(() => undefined);
}, 60_000);
afterAll(() => world?.close());

describe('a whole release with its mishaps', () => {
  it('used secrets that can be looked for', () => {
    expect(canaries.length).toBeGreaterThan(10);
    expect(canaries.every((canary) => canary.length >= 20)).toBe(true);
  });

  it('leaves no secret in what it stored', async () => {
    const files = await filesOf(world.folder);
    expect(files.length).toBeGreaterThan(3);
    expect(await findIn(files.map((file) => readFile(file)))).toEqual([]);
  });

  it('stored something, where the search would find it', async () => {
    const files = await filesOf(world.folder);
    const contents = await Promise.all(files.map((file) => readFile(file)));
    expect(contents.some((bytes) => bytes.includes('keepalive') || bytes.includes('sha256:'))).toBe(true);
  });

  it('leaves no private key in what it stored', async () => {
    const contents = await Promise.all((await filesOf(world.folder)).map((file) => readFile(file)));
    expect(contents.flatMap(keysIn)).toEqual([]);
  });

  it('leaves no private key in its log', () => {
    expect(keysIn(Buffer.from(world.log()))).toEqual([]);
  });

  it('leaves no private key in its answers', () => {
    expect(keysIn(Buffer.from(answers.join('\n')))).toEqual([]);
  });

  it.each(Object.entries(KEY_FORMS))('would find a private key that was left as %s', (form, write) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const written = write(privateKey.export({ type: 'pkcs8', format: 'der' }));
    const content = Buffer.concat([Buffer.from('{"before":1,'), Buffer.from(written), Buffer.from(',"after":2}')]);
    expect(keysIn(content)).toEqual([form]);
  });

  it('leaves no secret in its log', async () => {
    expect(await findIn([Promise.resolve(Buffer.from(world.log()))])).toEqual([]);
  });

  it('leaves no secret in its answers', async () => {
    expect(answers.length).toBeGreaterThan(8);
    expect(await findIn([Promise.resolve(Buffer.from(answers.join('\n')))])).toEqual([]);
  });

  it('leaves no secret in the URLs that registries see', async () => {
    const paths = world.stack.registries.flatMap(({ demo }) => demo.calls.map(({ path }) => path));
    expect(await findIn([Promise.resolve(Buffer.from(paths.join('\n')))])).toEqual([]);
  });
});

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => `${entry.parentPath}/${entry.name}`);
}

/** The forms in which a key is in there. */
function keysIn(bytes: Buffer): string[] {
  return Object.entries(KEY_FORMS).flatMap(([form, write]) => (bytes.includes(write(KEY_HEADER)) ? [form] : []));
}

/** The first letters of the canaries that are in there. */
async function findIn(contents: readonly Promise<Buffer>[]): Promise<string[]> {
  const all = await Promise.all(contents);
  return canaries.filter((canary) => all.some((bytes) => bytes.includes(canary))).map((canary) => canary.slice(0, 6));
}
