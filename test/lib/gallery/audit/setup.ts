import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type AuditOptions, stepAudit } from '../../../../src/lib/gallery/audit/runner.ts';
import { AuditStore } from '../../../../src/lib/gallery/audit/store.ts';
import { type GalleryQuery, viewGallery } from '../../../../src/lib/gallery/audit/view.ts';
import type { NamedPolicy } from '../../../../src/lib/gallery/request.ts';
import type { Descriptor } from '../../../../src/lib/oci/descriptor.ts';
import type { TrustRootMaterial } from '../../../../src/lib/sigstore/trusted-root.ts';
import { config } from '../../../routes/registry-setup.ts';
import { createFakeVerify, FakeRepository } from '../fake-repository.ts';

export const START = Date.parse('2026-11-01T00:00:00Z');
export const POLICY: NamedPolicy = { name: 'p', policy: { issuer: 'i', identity: 's' }, etag: 'e', loose: false };
const GALLERY = { name: 'g', url: 'https://gallery.test/index.yaml' };
export const EVERYTHING: GalleryQuery = { changed: false, order: 'gallery', limit: 100, offset: 0 };

let count = 0;
export type AuditSetup = Awaited<ReturnType<typeof setUp>>;

/** A gallery, registries in memory, a real SQLite database, and a clock that goes on as the audit waits. */
export function withAudit(yaml: string, work: (setup: AuditSetup) => Promise<void>) {
  count += 1;
  const stub = env.GALLERIES.getByName(`audit ${count}`);
  return runInDurableObject(stub, async (_, state) => work(await setUp(state.storage.sql, yaml)));
}

async function setUp(sql: SqlStorage, yaml: string) {
  const clock = { now: START };
  const source = { fetch: async (): Promise<Uint8Array> => new TextEncoder().encode(yaml) };
  const registries = new Map<string, FakeRepository>();
  const opened: string[] = [];
  const store = new AuditStore(sql);
  const { verify } = createFakeVerify();
  /** A registry's only repository, by its host. */
  const registryOf = (host: string) => {
    const fake = registries.get(host) ?? new FakeRepository();
    registries.set(host, fake);
    return fake;
  };
  const options: AuditOptions = {
    config: { ...config, registries: [...config.registries, { ...registryAt('m.test'), alias: 'm' }] },
    store,
    policy: POLICY,
    fetchGallery: () => source.fetch(),
    open: (host, name) => {
      opened.push(`${host}/${name}`);
      return { ...registryOf(host).repository, host };
    },
    trust: async () => ({ source: 'test', sha256: 'root', fetched_at: '', material: {} as TrustRootMaterial }),
    now: () => clock.now,
    verify: (asked) => ({ ...verify(asked), timestamps: [{ type: 't', time: timeOf(asked.bundle) }] }),
  };
  /** Goes on until nothing is left, or so many steps are done; waits as long as it says. */
  const run = async (steps = 100): Promise<number> => {
    for (let step = 0; step < steps; step += 1) {
      const next = await stepAudit(options);
      if (next === undefined) return step + 1;
      clock.now = Math.max(clock.now, next);
    }
    return steps;
  };
  const audit = async () => {
    store.begin(clock.now);
    return run();
  };
  const view = (query: Partial<GalleryQuery> = {}, policy = POLICY) =>
    viewGallery({ gallery: GALLERY, policy, store, now: clock.now }, { ...EVERYTHING, ...query }) as View;
  return { clock, source, store, options, registryOf, opened, run, audit, view };
}

function registryAt(host: string) {
  return { host, alias: host, origin: `https://${host}`, realms: [], anonymous: false };
}

/** When a fake bundle says it was signed. */
function timeOf(bundle: unknown): string {
  return (bundle as { at?: string }).at ?? '2026-06-01T00:00:00.000Z';
}

/** What a test looks at. */
export interface View {
  readonly audit: {
    readonly state: string;
    readonly checked: number;
    readonly total: number;
    readonly outdated: boolean;
  } | null;
  readonly running: { readonly checked: number; readonly total: number } | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly totals: { readonly codes: Record<string, number>; readonly installs: Record<string, number> };
  readonly differences: { readonly changed: readonly object[]; readonly added: readonly string[] } | null;
  readonly dry_run?: { readonly changed: readonly { readonly name: string }[] };
  readonly matching: number;
  readonly next_offset: number | null;
  readonly entries: readonly {
    readonly name: string;
    readonly code: string | null;
    readonly references: readonly { readonly role: string; readonly code: string; readonly age_days?: number }[];
    readonly platforms: readonly { readonly platform: string; readonly installs: string }[];
  }[];
}

/** An index of one image at a tag, with a bundle for both, or as the test has it. */
export async function publish(fake: FakeRepository, tag: string, bundle?: object | null): Promise<Descriptor> {
  const image = await fake.addManifest({
    config: await fake.addBlob(`{"os":"linux","architecture":"amd64"}`),
    layers: [],
    annotations: { tag },
  });
  const index = await fake.addIndex([{ ...image, platform: { os: 'linux', architecture: 'amd64' } }]);
  fake.tags.set(tag, index.digest);
  if (bundle === null) return index;
  for (const subject of [index, image])
    await fake.attach(subject, { subjects: [index.digest, image.digest], tag, ...bundle });
  return index;
}
