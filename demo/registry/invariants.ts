import { bundleOf, bundlesForAll, contentOf, signedDigests } from './attached.ts';
import type { Write } from './context.ts';
import type { Manifest } from './manifests.ts';
import type { DemoRegistry, RegistryView } from './registry.ts';

const ANCHOR = /^keepalive-(\d+)/;
const FALLBACK = /^sha(?:256|512)-[0-9a-f]{64,128}$/;

/** What is known of the runs, from outside. */
export interface Facts {
  /** The run that publishes this index, and the digests that it may sign; undefined for what no run made. */
  runOf(index: string): RunFacts | undefined;
  /** Whether the tags of a run's merge are all written, in every registry: its anchors may go. */
  isTagged(runId: string): boolean;
  /** Whether a tag may lose platforms; absent: never. */
  mayNarrow?(tag: string, index: string): boolean;
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
 * Asserts at every write what must hold at every moment: a tag names only an index that one bundle signs with all its
 * children, and stays so; an index names only what is there; an anchor goes only after the tags; a statement names only
 * its run's digests; no tag goes back to an older run, or loses a platform.
 */
export function watchInvariants(registries: readonly DemoRegistry[], facts: Facts): Watch {
  const violations: string[] = [];
  const watches = registries.map(({ store, onWrite }, at) => {
    const watch = new RegistryWatch(store, facts, (problem) => violations.push(`registry ${at}: ${problem}`));
    onWrite((write) => watch.observe(write));
    return watch;
  });
  return {
    violations,
    get writes() {
      return watches.reduce((sum, { writes }) => sum + writes, 0);
    },
    settled: async () => {
      for (const watch of watches) await watch.settled();
    },
  };
}

type ManifestWrite = Write & { readonly kind: 'manifest' };
type Say = (problem: string) => void;

class RegistryWatch {
  readonly #store: RegistryView;
  readonly #facts: Facts;
  readonly #say: Say;
  /** By repository and tag: the newest run, the index, and whether a bundle was found for it. */
  readonly #tags = new Map<string, { name: string; tag: string; run: RunFacts; digest: string; signed: boolean }>();
  readonly #reading: Promise<void>[] = [];
  writes = 0;

  constructor(store: RegistryView, facts: Facts, say: Say) {
    this.#store = store;
    this.#facts = facts;
    this.#say = say;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#reading);
  }

  observe(write: Write): void {
    this.writes += 1;
    if (write.kind === 'manifest') this.#checkManifest(write);
    if (write.kind === 'delete') this.#checkDeletion(write.reference);
    if (write.kind === 'delete' || (write.kind === 'manifest' && FALLBACK.test(write.reference)))
      this.#checkStillSigned(write.name);
  }

  #checkManifest(write: ManifestWrite): void {
    const { name, reference, digest } = write;
    const manifest = contentOf(this.#store, name, digest);
    for (const child of manifest.manifests ?? [])
      if (!this.#store.manifest(name, child.digest)) this.#say(`${digest} names ${child.digest}, which is not there`);
    if (isUserTag(reference)) this.#checkTag(write, manifest);
    const bundle = manifest.subject && bundleOf(manifest);
    if (bundle !== undefined) this.#reading.push(this.#checkStatement(name, bundle));
  }

  #checkTag({ name, reference: tag, digest }: ManifestWrite, manifest: Manifest): void {
    const run = this.#facts.runOf(digest);
    if (!run || !manifest.manifests) {
      this.#say(`${tag} names ${digest}, which ${run ? 'is no index' : 'no run made'}`);
      return;
    }
    const subjects = [digest, ...manifest.manifests.map((child) => child.digest)];
    const bundles = bundlesForAll(this.#store, name, subjects);
    if (bundles.length === 0) this.#say(`${tag} names ${digest} before it and all its children are signed`);
    else this.#reading.push(this.#checkCovered(`${name}:${tag}`, name, bundles, subjects));
    const before = this.#tags.get(`${name}:${tag}`);
    const isOlder = before !== undefined && compareRuns(run, before.run) < 0;
    if (isOlder) this.#say(`${tag} goes back to run ${run.run_id}, attempt ${run.run_attempt}`);
    if (before) this.#checkWidth(name, tag, before.digest, digest);
    const signed = bundles.length > 0;
    this.#tags.set(`${name}:${tag}`, { name, tag, digest, signed, run: isOlder ? before.run : run });
  }

  #checkWidth(name: string, tag: string, before: string, digest: string): void {
    const now = platformsOf(contentOf(this.#store, name, digest));
    const lost = platformsOf(contentOf(this.#store, name, before)).filter((platform) => !now.includes(platform));
    if (lost.length > 0 && !this.#facts.mayNarrow?.(tag, digest)) this.#say(`${tag} loses ${lost.join(', ')}`);
  }

  #checkDeletion(reference: string): void {
    const runId = ANCHOR.exec(reference)?.[1];
    if (runId !== undefined && !this.#facts.isTagged(runId))
      this.#say(`${reference} is deleted before its tags are written`);
  }

  /** What a tag names must keep its bundle, too. */
  #checkStillSigned(repository: string): void {
    for (const seen of this.#tags.values()) {
      const { name, tag, digest, signed } = seen;
      if (name !== repository || !signed || this.#store.tags(name).get(tag) !== digest) continue;
      const children = contentOf(this.#store, name, digest).manifests ?? [];
      seen.signed = bundlesForAll(this.#store, name, [digest, ...children.map((child) => child.digest)]).length > 0;
      if (!seen.signed) this.#say(`${tag} names ${digest}, which is signed no more`);
    }
  }

  /** One of the bundles names all of the subjects. */
  async #checkCovered(place: string, name: string, bundles: readonly string[], subjects: readonly string[]) {
    for (const bundle of bundles) {
      const signed = await signedDigests(this.#store, name, bundle);
      if (subjects.every((subject) => signed?.includes(subject))) return;
    }
    this.#say(`${place} is written, but no bundle names the index and all its children`);
  }

  /** The statement of a bundle names the digests of one run, and nothing else. */
  async #checkStatement(name: string, bundle: string): Promise<void> {
    const signed = await signedDigests(this.#store, name, bundle);
    if (!signed) return this.#say(`${bundle} is no bundle of a statement`);
    const run = signed.map((digest) => this.#facts.runOf(digest)).find((found) => found !== undefined);
    for (const digest of signed)
      if (!run?.digests.includes(digest)) this.#say(`a statement names ${digest}, which is not its run's`);
  }
}

function compareRuns(left: RunFacts, right: RunFacts): number {
  const runs = BigInt(left.run_id) - BigInt(right.run_id);
  return runs === 0n ? left.run_attempt - right.run_attempt : Number(runs > 0n) - Number(runs < 0n);
}

/** `os/architecture/variant` of what can be run: an attestation's platform is unknown. */
function platformsOf({ manifests = [] }: Manifest): readonly string[] {
  return manifests.flatMap(({ platform }) => {
    if (!platform || platform.os === 'unknown') return [];
    const { os, architecture, variant } = platform;
    return [[os, architecture, ...(variant ? [variant] : [])].join('/')];
  });
}

function isUserTag(reference: string): boolean {
  return !reference.includes(':') && !ANCHOR.test(reference) && !FALLBACK.test(reference);
}
