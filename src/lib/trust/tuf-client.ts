import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetcher } from 'tuf-js';
import { discard, readBody } from '../body.ts';
import { type Caller, call } from '../http.ts';

/** A row of the object's database holds at most 2 MB. */
const LIMITS = { snapshotMaxLength: 1_900_000, targetsMaxLength: 1_900_000, maxRootRotations: 256, maxDelegations: 32 };
const MAX_TARGET_BYTES = 512 * 1024;

/** The files that a TUF client keeps, by name: `root.json` and so on. */
export type TufMetadata = ReadonlyMap<string, Uint8Array>;

export interface TufUpdateOptions {
  readonly caller: Caller;
  /** The mirror's URL, without a slash at its end. */
  readonly mirror: string;
  /** At least `root.json`; what an earlier update left behind. */
  readonly metadata: TufMetadata;
  /** The targets that are wanted. */
  readonly names: readonly string[];
}

export interface TufUpdate {
  /** To be kept, also where the update failed: no later answer may fall behind what was seen once. */
  readonly metadata: TufMetadata;
  readonly result:
    | { readonly ok: true; readonly targets: ReadonlyMap<string, string>; readonly expiresAt: number }
    | { readonly ok: false; readonly error: unknown };
}

/**
 * Updates a client of TUF from a mirror: signatures to their thresholds, no version back, nothing expired.
 *
 * tuf-js works on files; in workerd these are in memory, and last for this update only. It is loaded for an update: no
 * start waits for it.
 *
 * @returns the targets that the repository has, and when (milliseconds since the epoch) the first of what vouches for
 * them expires
 * @see https://theupdateframework.github.io/specification/latest/#detailed-client-workflow
 */
export async function updateByTuf(options: TufUpdateOptions): Promise<TufUpdate> {
  const folder = mkdtempSync(join(tmpdir(), 'tuf-'));
  const metadataDir = join(folder, 'metadata');
  const targetDir = join(folder, 'targets');
  try {
    for (const made of [metadataDir, targetDir]) mkdirSync(made);
    for (const [name, bytes] of options.metadata) writeFileSync(join(metadataDir, name), bytes);
    const result = await update(options, { folder, metadataDir, targetDir }).catch(
      (error: unknown) => ({ ok: false, error }) as const,
    );
    const metadata = readdirSync(metadataDir).map((name) => [name, readFileSync(join(metadataDir, name))] as const);
    return { metadata: new Map(metadata), result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Folders {
  readonly folder: string;
  readonly metadataDir: string;
  readonly targetDir: string;
}

/** What tuf-js keeps to itself: the moment it compares with, and what it has verified. */
interface Internals {
  readonly trustedSet: {
    referenceTime: Date;
    readonly trustedSet: Readonly<Record<string, { readonly signed: { readonly expires: string } }>>;
  };
}

async function update(
  { caller, mirror, names }: TufUpdateOptions,
  { folder, metadataDir, targetDir }: Folders,
): Promise<TufUpdate['result']> {
  const { Updater } = await import('tuf-js');
  const updater = new Updater({
    metadataDir,
    metadataBaseUrl: mirror,
    targetDir,
    targetBaseUrl: `${mirror}/targets`,
    fetcher: await createFetcher(caller, join(folder, 'download')),
    config: LIMITS,
  });
  const { trustedSet } = updater as unknown as Internals;
  trustedSet.referenceTime = new Date(caller.now());
  await updater.refresh();
  const targets = new Map<string, string>();
  for (const name of names) {
    const info = await updater.getTargetInfo(name);
    if (!info) continue;
    if (info.length > MAX_TARGET_BYTES) throw new Error(`${name} is longer than ${MAX_TARGET_BYTES} bytes`);
    targets.set(name, readFileSync(await updater.downloadTarget(info), 'utf8'));
  }
  const expiries = Object.values(trustedSet.trustedSet).map(({ signed }) => Date.parse(signed.expires));
  return { ok: true, targets, expiresAt: Math.min(...expiries) };
}

/** Our own calls, with their limits. tuf-js knows by the status that a root is the newest. */
async function createFetcher(caller: Caller, file: string): Promise<Fetcher> {
  const { DownloadHTTPError } = await import('tuf-js/dist/error');
  const downloadBytes = async (url: string, maxBytes: number): Promise<Buffer> => {
    const response = await call(caller, url);
    if (response.status !== 200) {
      await discard(response);
      throw new DownloadHTTPError(`${new URL(url).pathname}: status ${response.status}`, response.status);
    }
    return Buffer.from(await readBody(response, maxBytes));
  };
  return {
    downloadBytes,
    downloadFile: async (url, maxBytes, handler) => {
      writeFileSync(file, await downloadBytes(url, maxBytes));
      return handler(file);
    },
  };
}
