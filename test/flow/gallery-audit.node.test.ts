import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../../demo/process.ts';
import { startMiniflare, type WorkerProcess } from '../../demo/worker.ts';
import { parseGallery } from '../../src/lib/gallery/audit/parse-gallery.ts';
import { type GalleryWorld, type Kind, startGalleryWorld } from './gallery-world.ts';

const FILE = `${ROOT}test/fixtures/localai-gallery/index.yaml`;
const ODD: readonly Kind[] = ['missing', 'unsigned', 'legacy', 'stranger', 'old', 'half', 'plain', 'unpinned'];
/** Most are signed; a step that shares no factor with the pairs of releases and branches gives every combination. */
const kindOf = (index: number): Kind => ODD[index % 23] ?? 'signed';

const VERDICTS: Readonly<Record<Kind, string>> = {
  signed: 'VERIFIED',
  plain: 'VERIFIED',
  missing: 'IMAGE_NOT_FOUND',
  unsigned: 'SIGNATURE_MISSING',
  half: 'SIGNATURE_MISSING',
  legacy: 'SIGNATURE_LEGACY',
  stranger: 'IDENTITY_MISMATCH',
  unpinned: 'IDENTITY_MISMATCH',
  old: 'SIGNED_BEFORE_CUTOFF',
};
/** Where LocalAI, which knows no pins, would be content. */
const INSTALLABLE: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  signed: ['linux/amd64', 'linux/arm64'],
  unpinned: ['linux/amd64', 'linux/arm64'],
  half: ['linux/amd64'],
  plain: ['linux/amd64', 'linux/arm64'],
};
const platformsOf = (kind: Kind) =>
  kind === 'missing' ? [] : kind === 'plain' ? ['linux/arm64'] : ['linux/amd64', 'linux/arm64'];

interface Entry {
  readonly name: string;
  readonly code: string | null;
  readonly references: readonly { readonly role: string; readonly code: string; readonly image_code?: string }[];
  readonly platforms: readonly { readonly platform: string; readonly installs: string }[];
}
interface View {
  readonly audit: { readonly state: string } | null;
  readonly running: { readonly checked: number; readonly total: number } | null;
  readonly entries: readonly Entry[];
  readonly next_offset: number | null;
  readonly dry_run?: { readonly changed: readonly { readonly name: string }[] };
}

let world: GalleryWorld;
let worker: WorkerProcess;
let folder: string;
/** By tag, on quay.io; what stands nowhere is missing. */
const kinds = new Map<string, Kind>();
/** Tags that docker.io has too. */
const mirrored = new Set<string>();

const tagOf = (uri: string) => uri.slice(uri.lastIndexOf(':') + 1);
const get = (path: string) => fetch(`${worker.url}/v1/galleries/localai${path}`);
const view = async (query = '') => (await (await get(query)).json()) as View;

async function entries(): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page: View = await view(`?limit=1000&offset=${offset}`);
    found.push(...page.entries);
    offset = page.next_offset;
  }
  return found;
}

async function waitFor(isThere: (view: View) => boolean): Promise<View> {
  for (;;) {
    const seen = await view('?limit=0');
    if (isThere(seen)) return seen;
    await sleep(1000);
  }
}

/** What is expected of an entry: worked out from the kinds of its tags alone. */
function expectationOf(uri: string): { readonly code: string; readonly platforms: Record<string, string> } {
  const tag = tagOf(uri);
  const branch = tag.replace('latest-', 'master-');
  const tries: [string, string][] = [['uri', tag]];
  if (branch !== tag) tries.push(['branch', branch], ['development', `${branch}-development`]);
  const known = tries.map(([role, one]) => ({ role, kind: kinds.get(one) ?? ('missing' as const) }));
  const mirror = mirrored.has(tag) ? platformsOf(kinds.get(tag) ?? 'missing') : [];
  const platforms = [...new Set([...known.flatMap(({ kind }) => platformsOf(kind)), ...mirror])];
  const installs = (platform: string) =>
    known.find(({ kind }) => INSTALLABLE[kind]?.includes(platform))?.role ?? 'none';
  return {
    code: VERDICTS[kinds.get(tag) ?? 'missing'],
    platforms:
      platforms.length === 0 ? { any: 'none' } : Object.fromEntries(platforms.map((one) => [one, installs(one)])),
  };
}

beforeAll(async () => {
  world = await startGalleryWorld(FILE);
  const gallery = parseGallery(await readFile(FILE, 'utf8'));
  const tags = [...new Set(gallery.flatMap(({ uri }) => (uri ? [tagOf(uri)] : [])))];
  for (const [index, tag] of tags.entries()) {
    kinds.set(tag, kindOf(index));
    await world.publish('quay.io', 'go-skynet/local-ai-backends', tag, kindOf(index));
    if (index % 5 === 0) {
      mirrored.add(tag);
      await world.publish('docker.io', 'localai/localai-backends', tag, kindOf(index));
    }
    if (index % 7 === 0 && tag.startsWith('master-')) {
      kinds.set(`${tag}-development`, 'signed');
      await world.publish('quay.io', 'go-skynet/local-ai-backends', `${tag}-development`, 'signed');
    }
  }
  folder = await mkdtemp(`${tmpdir()}/muster-audit-`);
  worker = await startMiniflare(world.config, { folder });
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await world?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the audit of LocalAI's gallery", () => {
  it('has no index to show before it has ended', async () => {
    expect((await get('/index.yaml')).status).toBe(503);
  });

  it('goes on after a kill in the middle, and asks for nothing again', async () => {
    await fetch(`${worker.url}/v1/galleries/localai/audits`, { method: 'POST' });
    const seen = await waitFor(({ running }) => (running?.checked ?? 0) >= 400);
    await worker.kill();
    const heads = () =>
      world.quay.calls.filter(({ method, path }) => method === 'HEAD' && /manifests\/[lm]a/.test(path)).length;
    const before = heads();
    worker = await startMiniflare(world.config, { folder });
    await waitFor(({ audit, running }) => audit?.state === 'finished' && running === null);
    // Only what was under way at the kill is asked for twice.
    const left = (seen.running?.total ?? 0) - (seen.running?.checked ?? 0);
    expect(heads() - before).toBeLessThanOrEqual(left + 12);
  }, 300_000);

  it('ends with the right verdict for each of the 893 entries', async () => {
    const gallery = parseGallery(await readFile(FILE, 'utf8'));
    const found = await entries();
    expect(found.map(({ name, code }) => ({ name, code }))).toEqual(
      gallery.map(({ name, uri }) => ({ name, code: uri ? expectationOf(uri).code : null })),
    );
    expect(found.filter(({ code }) => code !== null)).toHaveLength(893);
  });

  it('ends with what a strict client would install, on each platform', async () => {
    const gallery = parseGallery(await readFile(FILE, 'utf8'));
    const found = await entries();
    const installs = found.map(({ platforms }) =>
      Object.fromEntries(platforms.map((one) => [one.platform, one.installs])),
    );
    expect(installs).toEqual(gallery.map(({ uri }) => (uri ? expectationOf(uri).platforms : {})));
    expect(new Set(installs.flatMap((one) => Object.values(one)))).toEqual(
      new Set(['uri', 'branch', 'development', 'none']),
    );
  });

  it('says of each mirror that no client reaches it, and what it is', async () => {
    const gallery = parseGallery(await readFile(FILE, 'utf8'));
    const found = await entries();
    const mirrors = found.map(({ references }) =>
      references.filter(({ role }) => role === 'mirror').map(({ code, image_code }) => ({ code, image_code })),
    );
    expect(mirrors).toEqual(
      gallery.map(({ uri, mirrors }) =>
        (uri && mirrors ? mirrors : []).map((mirror) => {
          const tag = tagOf(mirror);
          const image_code = mirrored.has(tag) ? VERDICTS[kinds.get(tag) ?? 'missing'] : 'IMAGE_NOT_FOUND';
          return { code: 'UNREACHABLE_BY_CLIENT', image_code };
        }),
      ),
    );
  });

  it('tries another cut-off out', async () => {
    const { dry_run } = await view('?not_before=2020-01-01T00:00:00Z&limit=0');
    const old = (await entries()).filter(({ code }) => code === 'SIGNED_BEFORE_CUTOFF').map(({ name }) => name);
    // Two entries that are the same in name and URI are one change.
    expect(dry_run?.changed.filter((entry) => 'code' in entry).map(({ name }) => name)).toEqual([...new Set(old)]);
  });

  it('publishes what verified, by digest or as its branch, and nothing else', async () => {
    const response = await get('/index.yaml');
    const published = parse(await response.text()) as {
      name: string;
      uri?: string;
      capabilities?: Record<string, string>;
    }[];
    const gallery = parseGallery(await readFile(FILE, 'utf8'));
    const verified = gallery.filter(({ uri }) => uri && expectationOf(uri).code === 'VERIFIED');
    const images = published.filter(({ uri }) => uri);
    expect(images.map(({ name }) => name)).toEqual(verified.map(({ name }) => name));
    // No tag but the branch's holds what a branch built.
    expect(images.map(({ uri }) => /@sha256:[a-f0-9]{64}$/.test(uri ?? ''))).toEqual(
      verified.map(({ uri }) => uri?.includes(':latest-')),
    );
    const names = new Set(published.map(({ name }) => name));
    expect(
      published
        .flatMap(({ capabilities }) => Object.values(capabilities ?? {}))
        .filter((name) => !names.has(name) && gallery.some((one) => one.name === name)),
    ).toEqual([]);
    const again = await get('/index.yaml').then((answer) => answer.headers.get('ETag'));
    expect(again).toBe(response.headers.get('ETag'));
  });
});
