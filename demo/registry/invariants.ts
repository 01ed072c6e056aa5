import type { Write } from './context.ts';
import { type Manifest, parseManifest } from './manifests.ts';
import type { DemoRegistry, RegistryView } from './registry.ts';

const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle\..+\+json$/;
const ANCHOR = /^keepalive-(\d+)/;
const FALLBACK = /^sha256-[0-9a-f]{64}$/;

/** What is known of the runs, from outside. */
export interface Facts {
  /** The run that publishes this index, and the digests that it may sign; undefined for what no run made. */
  runOf(index: string): RunFacts | undefined;
  /** Whether the tags of a run's merge are all written, in every registry: its anchors may go. */
  isTagged(runId: string): boolean;
}

export interface RunFacts {
  readonly run_id: string;
  readonly run_attempt: number;
  readonly digests: readonly string[];
}

/** What was broken, in words, and how many writes were looked at. */
export interface Watch {
  readonly violations: readonly string[];
  readonly writes: number;
  /** The bundles seen are read in the background; call it before the end. */
  settled(): Promise<void>;
}

/**
 * Asserts at every write what must hold at every moment: a tag names only what is signed with all its children, an
 * index only what is there, an anchor goes only after the tags, a statement names only its run's digests, and no tag
 * goes back to an older run.
 */
export function watchInvariants(registries: readonly DemoRegistry[], facts: Facts): Watch {
  const violations: string[] = [];
  const reading: Promise<void>[] = [];
  const watch = { writes: 0 };
  for (const [at, { store, onWrite }] of registries.entries()) {
    const say = (problem: string) => violations.push(`registry ${at}: ${problem}`);
    const last = new Map<string, RunFacts>();
    onWrite((write) => {
      watch.writes += 1;
      if (write.kind === 'delete') checkDeletion(write, facts, say);
      if (write.kind !== 'manifest') return;
      const manifest = manifestOf(store, write.name, write.digest);
      for (const { digest } of manifest.manifests ?? [])
        if (!store.manifest(write.name, digest)) say(`${write.digest} names ${digest}, which is not there`);
      if (isUserTag(write.reference)) checkTag(write, store, facts, last, say);
      if (manifest.subject) reading.push(checkStatement(write.name, manifest, store, facts, say));
    });
  }
  return {
    violations,
    get writes() {
      return watch.writes;
    },
    settled: async () => {
      await Promise.all(reading);
    },
  };
}

type Say = (problem: string) => void;

function checkDeletion({ reference }: Write & { kind: 'delete' }, facts: Facts, say: Say): void {
  const runId = ANCHOR.exec(reference)?.[1];
  if (runId !== undefined && !facts.isTagged(runId)) say(`${reference} is deleted before its tags are written`);
}

function checkTag(
  { name, reference, digest }: Write & { kind: 'manifest' },
  store: RegistryView,
  facts: Facts,
  last: Map<string, RunFacts>,
  say: Say,
): void {
  const run = facts.runOf(digest);
  if (!run) {
    say(`${reference} names ${digest}, which no run made`);
    return;
  }
  const children = (manifestOf(store, name, digest).manifests ?? []).map((child) => child.digest);
  for (const subject of [digest, ...children])
    if (!isSigned(store, name, subject)) say(`${reference} names ${digest} before ${subject} is signed`);
  const before = last.get(`${name}:${reference}`);
  const order = before && (BigInt(run.run_id) - BigInt(before.run_id) || BigInt(run.run_attempt - before.run_attempt));
  if (order !== undefined && order < 0n) say(`${reference} goes back to run ${run.run_id}, attempt ${run.run_attempt}`);
  last.set(`${name}:${reference}`, run);
}

/** A bundle refers to it, and a client can find that. */
function isSigned(store: RegistryView, name: string, subject: string): boolean {
  const bundles = store.manifests(name).filter((stored) => {
    const manifest = parseManifest(stored);
    return manifest.subject?.digest === subject && bundleLayer(manifest) !== undefined;
  });
  if (store.referrersApi) return bundles.length > 0;
  const listed = manifestOf(store, name, subject.replace(':', '-')).manifests ?? [];
  return bundles.some(({ digest }) => listed.some((one) => one.digest === digest));
}

/** The statement of a bundle names the digests of one run, and nothing else. */
async function checkStatement(
  name: string,
  manifest: Manifest,
  store: RegistryView,
  facts: Facts,
  say: Say,
): Promise<void> {
  const layer = bundleLayer(manifest);
  const text = layer && (await store.blob(name, layer.digest));
  if (text === undefined) return;
  const { dsseEnvelope } = JSON.parse(text) as { dsseEnvelope: { payload: string } };
  const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8')) as {
    subject: { digest: { sha256: string } }[];
  };
  const signed = statement.subject.map(({ digest }) => `sha256:${digest.sha256}`);
  const run = signed.map((digest) => facts.runOf(digest)).find((found) => found !== undefined);
  for (const digest of signed)
    if (!run?.digests.includes(digest)) say(`a statement names ${digest}, which is not its run's`);
}

function bundleLayer({ layers }: Manifest) {
  return layers?.find(({ mediaType }) => BUNDLE.test(mediaType));
}

function isUserTag(reference: string): boolean {
  return !reference.startsWith('sha256:') && !ANCHOR.test(reference) && !FALLBACK.test(reference);
}

function manifestOf(store: RegistryView, name: string, reference: string): Manifest {
  const stored = store.manifest(name, reference);
  return stored ? parseManifest(stored) : { schemaVersion: 2 };
}
