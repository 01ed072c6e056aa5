import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { peersFolder, runProgram } from './process.ts';
import { expect } from './report.ts';

/** A repository as a read-only registry serves it: `registry` is `host:port`, the rest is to be found in it. */
export interface ReadOnlyData {
  readonly registry: string;
  readonly repository: string;
  readonly tags: readonly string[];
  readonly manifests: readonly string[];
  readonly blobs: readonly string[];
  /** Digests of manifests that others refer to. */
  readonly subjects: readonly string[];
}

/** What the program must have tried: whatever it leaves out has not passed. */
const APIS = [
  'Ping',
  'Tag listing',
  'Blob get',
  'Blob head',
  'Manifest get by digest',
  'Manifest get by tag',
  'Manifest head by digest',
  'Manifest head by tag',
  'Referrers',
];
const OFF = ['PUSH', 'BLOBS_DELETE', 'BLOBS_MOUNT_ANONYMOUS', 'MANIFESTS_DELETE', 'TAGS_DELETE'];

/**
 * Runs the OCI distribution conformance program over a registry that takes no writes; answers its totals.
 *
 * What it says is read from its output: without data of its own it ends with a panic when it writes the report's files.
 *
 * @see https://github.com/opencontainers/distribution-spec/tree/main/conformance
 * @throws {Error} with what failed, or was not tried
 */
export async function judgeReadOnlyRegistry(data: ReadOnlyData): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/muster-conformance-`);
  try {
    const env = { ...settingsFor(data), OCI_RESULTS_DIR: folder };
    const output = await runProgram('sh', ['-c', '"$0" || true', `${peersFolder}/conformance`], { env });
    return readOutput(output);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function settingsFor({ registry, repository, tags, manifests, blobs, subjects }: ReadOnlyData): Record<string, string> {
  return {
    OCI_VERSION: '1.1',
    OCI_REGISTRY: registry,
    OCI_TLS: 'disabled',
    OCI_REPO1: repository,
    OCI_REPO2: repository,
    ...Object.fromEntries(OFF.map((api) => [`OCI_API_${api}`, 'false'])),
    OCI_RO_DATA_TAGS: tags.join(' '),
    OCI_RO_DATA_MANIFESTS: manifests.join(' '),
    OCI_RO_DATA_BLOBS: blobs.join(' '),
    OCI_RO_DATA_REFERRERS: subjects.join(' '),
  };
}

function readOutput(output: string): string {
  const states = new Map(
    [...output.matchAll(/^ {2}([A-Z][\w ]*?)\.+: +(\S+)$/gm)].map(([, name = '', state = '']) => [name, state]),
  );
  const verdict = /^OCI Conformance Result: (\w+)$/m.exec(output)?.[1];
  expect(verdict !== undefined, `no result: ${output.trim().split('\n').at(-1)}`);
  const failed = [...states].flatMap(([name, state]) => (state === 'FAIL' ? [name] : []));
  const totals = `${states.get('Pass')} passed, ${states.get('FAIL')} failed, ${states.get('Error')} errors`;
  expect(verdict === 'Pass' && failed.length === 0, `${totals}: ${failed.join(', ')}`);
  for (const api of APIS) expect(states.get(api) === 'Pass', `${api}: ${states.get(api) ?? 'not tried'}`);
  return totals;
}
