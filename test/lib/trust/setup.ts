import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { TufInstance } from '../../../src/lib/trust/instance.ts';
import { TrustKeeper } from '../../../src/lib/trust/trust-keeper.ts';
import { TrustStore } from '../../../src/lib/trust/trust-store.ts';
import { fakeCaller } from '../fake-caller.ts';
import trustedRoot from '../gallery/fixtures/dsse-trusted-root.json';
import { type RoleName, TufRepository } from './tuf-repository.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const MIRROR = 'https://tuf.test/tuf';

/** A trusted root that differs from others by its note. */
export function trustedRootText(note: string): string {
  return JSON.stringify({ ...trustedRoot, note });
}

/** Which one it is. */
export function noteOf(text: string): unknown {
  return (JSON.parse(text) as { note?: unknown }).note;
}

/** What a repository publishes. */
export function documents(note: string) {
  return { 'trusted_root.json': trustedRootText(note), 'signing_config.v0.2.json': `{"note":"${note}"}` };
}

export interface SetupOptions {
  readonly thresholds?: Partial<Record<RoleName, number>>;
  /** The trusted root to begin with. */
  readonly packaged?: string;
}

/** A repository with a root, its mirror, a clock, and a keeper on a real object's database. */
export function createSetup(storage: DurableObjectStorage, { thresholds, packaged }: SetupOptions = {}) {
  const caller = fakeCaller(({ url }) => repository.fetch(url.href));
  const repository = new TufRepository(caller.now(), thresholds).publishRoot();
  const instance: TufInstance = {
    kind: 'tuf',
    mirror: MIRROR,
    root: repository.root,
    ...(packaged === undefined ? {} : { packaged }),
  };
  const background: Promise<unknown>[] = [];
  const later = (work: Promise<unknown>) => background.push(work);
  const store = new TrustStore(storage);
  /** A keeper as after an eviction: nothing but the database is left. */
  const create = () => new TrustKeeper({ instance, store: new TrustStore(storage), caller, later });
  const advance = (ms: number) => {
    caller.advance(ms);
    repository.now = caller.now();
  };
  const settle = () => Promise.all(background.splice(0));
  return { repository, caller, store, keeper: create(), create, advance, settle, background };
}

export type Setup = ReturnType<typeof createSetup>;

let count = 0;

/** Runs a test inside an object that no other test uses. */
export function withKeeper(work: (setup: Setup) => Promise<void>, options?: SetupOptions): Promise<void> {
  count += 1;
  const stub = env.TRUST_ROOT.getByName(`test ${count}`);
  return runInDurableObject(stub, (_, state) => work(createSetup(state.storage, options)));
}

/** The code of what was thrown. */
export function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error) => (error as { code?: string }).code ?? String(error),
  );
}
