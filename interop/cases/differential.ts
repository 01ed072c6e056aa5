import { writeFileSync } from 'node:fs';
import { digestOfTag } from '../judges.ts';
import { type Mutant, mutate } from '../mutants.ts';
import { runPeer } from '../process.ts';
import { expect } from '../report.ts';
import type { RekorMajor } from '../stack.ts';
import { IMAGES, SIGNER } from '../worker.ts';
import type { Pass } from './main-job.ts';

/** Of each of two bundles; with both logs twice as many in all. */
const MUTANTS = 600;
const SEED = 20_261_126;
const AT_ONCE = 6;

/**
 * Where the two differ and why. In each, Go takes what Muster refuses: it does not read the member, and we do, for the
 * answer or another client may. Nothing that Go refuses passes here.
 */
const UNREAD_BY_GO: Readonly<Record<RekorMajor, readonly RegExp[]>> = {
  1: [
    // The entry's kind is its body's, whatever stands beside it.
    /^verificationMaterial\.tlogEntries\.\*\.kindVersion\b/,
    // A checkpoint's signature is the log's by its key, whatever name stands before it.
    /^verificationMaterial\.tlogEntries\.\*\.inclusionProof\.checkpoint\.envelope\.names$/,
  ],
  // An entry of Rekor v2 is made anew from the certificate and the signature; its size and root are the checkpoint's.
  2: [
    /^verificationMaterial\.tlogEntries\.\*\.(kindVersion|canonicalizedBody)\b/,
    /^verificationMaterial\.tlogEntries\.\*\.inclusionProof\.(logIndex|treeSize|rootHash)\b/,
    // What nobody signs of a timestamp, its wrapping, Go reads less strictly; and it passes over one that does not hold,
    // or stands there twice, where another holds.
    /^verificationMaterial\.timestampVerificationData\.rfc3161Timestamps\.\*/,
  ],
};

/** A bundle for the two to judge, under a policy that both know. */
interface Trial extends Mutant {
  readonly digest: string;
  readonly policy: Readonly<Record<string, string>>;
  /** What it was made from. */
  readonly original: object;
}

interface GoVerdict {
  readonly verified: boolean;
  readonly error?: string;
}

/** Muster's verdict beside Go's, on genuine bundles of this run, thousands of mutants of them, and other policies. */
export async function checkDifferential(pass: Pass): Promise<void> {
  const { report, major } = pass;
  await report.check(
    `differential, Rekor v${major}: Muster judges mutants of bundles as sigstore-go does`,
    async () => {
      const trials = await buildTrials(pass);
      const theirs = await judgeWithGo(pass, trials);
      const ours = await judgeWithMuster(pass, trials);
      const disagreements = trials.flatMap((trial, at) => {
        const [mine, verdict] = [ours[at], theirs[at]];
        if (mine?.verified === verdict?.verified || isExplained(major, trial, verdict)) return [];
        return [{ change: trial.change, muster: mine?.detail, go: verdict?.error ?? 'verified', bundle: trial.text }];
      });
      // The keys are of this run: only the bundle itself can be looked into later.
      const file = `${pass.stack.folder}/differential-v${major}.json`;
      writeFileSync(file, JSON.stringify(disagreements, null, 2));
      const [first] = disagreements;
      const found = `${disagreements.length} of ${trials.length}, in ${file}`;
      expect(!first, `${found}: ${first?.change}: Muster ${first?.muster}, Go ${first?.go}`);
      const passed = ours.filter(({ verified }) => verified).length;
      const explained = ours.filter(({ verified }, at) => verified !== theirs[at]?.verified).length;
      // Neither says the same of everything.
      expect(passed > trials.length / 50 && passed < trials.length / 2, `${passed} of ${trials.length} pass`);
      return `${trials.length} judged, ${passed} pass with both, ${explained} with Go only, as explained; seed ${SEED}`;
    },
  );
}

async function buildTrials(pass: Pass): Promise<Trial[]> {
  const { stack, major } = pass;
  const policy = { issuer: stack.oidc, identity: SIGNER };
  const published = await Promise.all(
    [`master-cpu-main-v${major}`, `master-cpu-fin-v${major}`].map((tag) => pullBundle(pass, tag)),
  );
  const trials = published.flatMap(({ digest, bundle }, at) => {
    const other = published.at(at - 1)?.bundle ?? bundle;
    const whole = { change: 'nothing', text: JSON.stringify(bundle) };
    const mutants = mutate(bundle, other, MUTANTS, SEED + at);
    const mutated = [whole, ...mutants].map((mutant) => ({ ...mutant, digest, policy, original: bundle }));
    const swapped = {
      ...whole,
      change: 'its subject',
      digest: published.at(at - 1)?.digest ?? '',
      policy,
      original: bundle,
    };
    const policies = POLICIES.map((change) => {
      const changed = { ...policy, ...change(policy) };
      return { ...whole, change: `the policy ${JSON.stringify(changed)}`, digest, policy: changed, original: bundle };
    });
    return [...mutated, swapped, ...policies.map(withoutEmpty)];
  });
  expect(trials.length > 2 * MUTANTS, `${trials.length} trials`);
  return trials;
}

type Policy = Readonly<Record<string, string>>;

/** Changes of a policy that is exact; an empty member is left out. */
const POLICIES: readonly ((policy: { issuer: string; identity: string }) => Policy)[] = [
  ({ issuer }) => ({ issuer: `${issuer}/` }),
  ({ issuer }) => ({ issuer: '', issuer_regex: `^${issuer}$` }),
  () => ({ issuer: '', issuer_regex: '^http://localhost$' }),
  ({ identity }) => ({ identity: identity.toLowerCase() }),
  ({ identity }) => ({ identity: `${identity}\n` }),
  ({ identity }) => ({ identity: identity.replaceAll('.', '_') }),
  () => ({ identity: '', identity_regex: 'backend_merge' }),
  () => ({ identity: '', identity_regex: '^backend_merge' }),
  () => ({ identity: '', identity_regex: '^https://evil\\.test/|/LocalAI/' }),
  () => ({ identity: '', identity_regex: '(?i)LOCALAI' }),
  () => ({ identity: '', identity_regex: '^https://github\\.com/[^/]+/LocalAI/.*@refs/heads/(main|master)$' }),
  () => ({ identity: '', identity_regex: '@refs/heads/mast\\b' }),
  () => ({ identity: '', identity_regex: '\\Qbackend_merge.yml\\E' }),
  () => ({ identity_regex: 'nobody' }),
  () => ({ not_before: '2020-01-01T00:00:00Z' }),
  () => ({ not_before: '2099-01-01T00:00:00+02:00' }),
];

function withoutEmpty(trial: Trial): Trial {
  return { ...trial, policy: Object.fromEntries(Object.entries(trial.policy).filter(([, value]) => value !== '')) };
}

/** A published image's bundle, from the registry by way of Muster. */
async function pullBundle(
  { stack, worker }: Pass,
  tag: string,
): Promise<{ readonly digest: string; readonly bundle: object }> {
  const [registry] = stack.registries;
  const digest = await digestOfTag(registry, tag);
  expect(digest !== undefined, `there is no ${tag}`);
  const query = new URLSearchParams({ ref: `${registry}/${IMAGES}@${digest}`, policy: 'localai', include: 'bundle' });
  const response = await fetch(`${worker}/v1/verify?${query}`);
  const { bundle } = (await response.json()) as { bundle?: object };
  expect(bundle !== undefined, `${tag}: ${response.status}`);
  return { digest, bundle };
}

async function judgeWithGo({ stack, major }: Pass, trials: readonly Trial[]): Promise<GoVerdict[]> {
  const lines = trials.map(({ text, digest, policy }) =>
    JSON.stringify({ bundle: text, artifact_digest: digest, policy }),
  );
  const options = { input: lines.join('\n') };
  const output = await runPeer('verifier', ['bundles', '-trusted-root', stack.rekor(major).trustedRoot], options);
  const verdicts = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GoVerdict);
  expect(verdicts.length === trials.length, `Go judged ${verdicts.length} of ${trials.length}`);
  return verdicts;
}

/** A refusal of any kind is one; a 5xx is none. */
async function judgeWithMuster({ worker }: Pass, trials: readonly Trial[]) {
  const verdicts: { readonly verified: boolean; readonly detail: string }[] = [];
  const queue = [...trials.entries()];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [at, { text, digest, policy, change }] = next;
      const body = JSON.stringify({ bundle: text, artifact_digest: digest, policy });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${worker}/v1/verify/bundle`, { method: 'POST', headers, body });
      const answer = await response.text();
      expect([200, 400, 403].includes(response.status), `${change}: ${response.status} ${answer.slice(0, 200)}`);
      verdicts[at] = { verified: response.status === 200, detail: `${response.status} ${answer.slice(0, 200)}` };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return verdicts;
}

function isExplained(major: RekorMajor, { text, original }: Trial, verdict: GoVerdict | undefined): boolean {
  if (!verdict?.verified) return false;
  const changed = changedMembers(original, JSON.parse(text));
  return changed.length > 0 && changed.every((path) => UNREAD_BY_GO[major].some((member) => member.test(path)));
}

/** The paths of what differs; a place in a list is `*`. */
function changedMembers(original: unknown, mutant: unknown): string[] {
  const [before, after] = [leavesOf(original), leavesOf(mutant)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  return paths.map((path) => path.replace(/\.\d+/g, '.*'));
}

function leavesOf(value: unknown, path = ''): Map<string, unknown> {
  if (path.endsWith('.checkpoint.envelope') && typeof value === 'string') return linesOf(value, path);
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  const entries = Object.entries(value).map(([key, member]) => leavesOf(member, path === '' ? key : `${path}.${key}`));
  return new Map(entries.flatMap((leaves) => [...leaves]));
}

/** A checkpoint without its signers' names, and these. */
function linesOf(envelope: string, path: string): Map<string, unknown> {
  const signature = /^\u2014 (\S+) /gm;
  const names = [...envelope.matchAll(signature)].map(([, name]) => name);
  return new Map([
    [path, envelope.replace(signature, '')],
    [`${path}.names`, names.join(' ')],
  ]);
}
