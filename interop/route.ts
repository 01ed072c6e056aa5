import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Leg } from './caller.ts';
import type { Pass } from './cases/main-job.ts';

/** A merged image, as one registry has it and as it comes through Muster. */
export interface Route {
  readonly pass: Pass;
  /** The registry, `host:port`. */
  readonly upstream: string;
  /** `host:port/alias`, in place of a registry. */
  readonly via: string;
  readonly tag: string;
  /** The index. @throws {Error} where nothing was published */
  readonly digest: () => string;
  readonly legs: () => readonly Leg[];
  /** The full name of a case. */
  readonly name: (text: string) => string;
}

/** Works in a folder that is gone afterwards. */
export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(`${tmpdir()}/muster-pull-`);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
