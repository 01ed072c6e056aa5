import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Answer, type Caller, describe, type Leg } from '../caller.ts';
import { ARCHES, pushImages } from '../images.ts';
import { digestOfTag, indexOfBuildx, listTags, pullManifest, verifyWithCosign } from '../judges.ts';
import { peersFolder, runPeer, runProgram } from '../process.ts';
import type { CountedStack } from '../proxies.ts';
import { expect, type Report } from '../report.ts';
import type { RekorMajor, Stack } from '../stack.ts';
import { CACHE, IMAGES } from '../worker.ts';

/** What the cases of a pass share. */
export interface Pass {
  readonly report: Report;
  readonly stack: Stack;
  readonly major: RekorMajor;
  /** Calls the pass's Worker. */
  readonly caller: Caller;
  /** That Worker's URL. */
  readonly worker: string;
  /** Kills the Worker, and starts another one on what it kept. */
  restartWorker(): Promise<void>;
}

/** Two arches, two registries, one signature; then everyone who may judge the result does. */
export async function checkMainJob(pass: Pass, counted: CountedStack): Promise<void> {
  const { report, stack, major, caller } = pass;
  // Both passes use the same registries: what one publishes must not answer for the other.
  const suffix = `-cpu-main-v${major}`;
  const tags = [`master${suffix}`, `sha-5d0b549${suffix}`];
  const claims = { run_id: `${major}100` };
  const name = (text: string) => `main job, Rekor v${major}: ${text}`;
  let legs: readonly Leg[] = [];
  let published: Answer | undefined;

  await report.check(name('the first arrival waits, and says for what'), async () => {
    legs = await pushImages(stack, claims.run_id, suffix);
    counted.reset();
    const answer = await caller.arrive(suffix, legOf(legs, 0), ARCHES, claims);
    expect(answer.status === 202 && answer.body.state === 'waiting', describe(answer));
    expect(JSON.stringify(answer.body.missing) === '["arm64"]', `missing: ${JSON.stringify(answer.body.missing)}`);
    for (const host of stack.registries) expect(!(await digestOfTag(host, tags[0] ?? '')), 'tagged before complete');
    return undefined;
  });
  await report.check(name('the last arrival publishes'), async () => {
    const answer = await caller.arrive(suffix, legOf(legs, 1), ARCHES, claims);
    expect(answer.status === 200 && answer.body.state === 'published', describe(answer));
    published = answer;
    return String(answer.body.digest);
  });
  await report.check(
    name('one certificate, one log entry, and a timestamp only where the log gives no time'),
    async () => {
      const counts = counted.counts();
      const expected = { certificates: 1, timestamps: major === 2 ? 1 : 0, entries: 1, registry: counts.registry };
      expect(JSON.stringify(counts) === JSON.stringify(expected), JSON.stringify(counts));
      return JSON.stringify(counts);
    },
  );
  await report.check(name('a repeated report answers the same and signs nothing'), async () => {
    const before = counted.counts();
    const answer = await caller.arrive(suffix, legOf(legs, 1), ARCHES, claims);
    expect(answer.status === 200 && answer.body.digest === published?.body.digest, describe(answer));
    const after = counted.counts();
    expect(after.certificates === before.certificates && after.entries === before.entries, JSON.stringify(after));
    return undefined;
  });
  await report.check(name('cosign accepts it by the command that the merge’s page shows'), async () => {
    await runCommandOfPage(pass, `/merges/localai/${claims.run_id}/${suffix}`);
    return undefined;
  });
  for (const [at, kind] of ['a registry with the referrers API', 'a registry without it'].entries()) {
    const digest = () => {
      expect(published !== undefined, 'nothing was published');
      return String(published.body.digest);
    };
    const registry = stack.registries[at] ?? '';
    await judge(pass, { registry, suffix, tags, legs, digest, name: (text) => name(`${text}, on ${kind}`) });
  }
}

/** The command as a reader copies it, with the trusted root beside it; that the registry has no TLS is its only addition. */
async function runCommandOfPage({ worker, stack, major }: Pass, path: string): Promise<void> {
  const html = await (await fetch(worker + path)).text();
  const command = /<pre id="cosign">([^<]+)<\/pre>/.exec(html)?.[1]?.replaceAll('&#39;', "'");
  expect(command !== undefined, 'the page has no command');
  const folder = mkdtempSync(`${tmpdir()}/muster-command-`);
  try {
    copyFileSync(stack.rekor(major).trustedRoot, `${folder}/trusted_root.json`);
    const env = { PATH: `${peersFolder}:${process.env.PATH}` };
    await runProgram('sh', ['-c', `${command} --allow-http-registry`], { env, cwd: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What is judged: the merge as one registry has it. */
interface Judged {
  readonly registry: string;
  readonly suffix: string;
  readonly tags: readonly string[];
  readonly legs: readonly Leg[];
  /** The index's digest. @throws {Error} where nothing was published */
  readonly digest: () => string;
  /** The full name of a case. */
  readonly name: (text: string) => string;
}

async function judge({ report, stack, major }: Pass, judged: Judged): Promise<void> {
  const { registry, suffix, tags, legs, digest, name } = judged;
  await report.check(name('every tag names the index'), async () => {
    for (const tag of tags) {
      const actual = await digestOfTag(registry, tag);
      expect(actual === digest(), `${tag} is ${actual}, not ${digest()}`);
    }
    return tags.join(', ');
  });
  await report.check(name('the index is buildx imagetools create’s, byte for byte'), async () => {
    const ours = await pullManifest(registry, `@${digest()}`);
    const theirs = await indexOfBuildx(registry, digestsOf(legs), `parity${suffix}`);
    expect(ours === theirs, `ours: ${ours} theirs: ${theirs}`);
    return undefined;
  });
  for (const [at, what] of ['the index', ...ARCHES].entries()) {
    await report.check(name(`cosign verify accepts ${what}`), async () => {
      await verifyWithCosign(stack, major, registry, [digest(), ...digestsOf(legs)][at] ?? '');
      return undefined;
    });
  }
  await report.check(name('crane pulls each platform'), async () => {
    await pullEach(`${registry}/${IMAGES}@${digest()}`);
    return undefined;
  });
  await report.check(name('the keepalive tags are gone'), async () => {
    digest();
    const left = (await listTags(registry, CACHE)).filter((tag) => tag.includes(suffix));
    expect(left.length === 0, left.join(', '));
    return undefined;
  });
}

async function pullEach(image: string): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/muster-pull-`);
  try {
    for (const arch of ARCHES) {
      await runPeer('crane', ['pull', '--platform', `linux/${arch}`, image, `${folder}/${arch}.tar`]);
      const config = JSON.parse(await runPeer('crane', ['config', '--platform', `linux/${arch}`, image]));
      expect(config.architecture === arch, `${arch} is ${config.architecture}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The leg at a place; fails the case where the images were not pushed. */
export function legOf(legs: readonly Leg[], at: number): Leg {
  const leg = legs[at];
  expect(leg !== undefined, 'there are no images');
  return leg;
}

/** The digests of some legs. */
export function digestsOf(legs: readonly Leg[]): string[] {
  return legs.map(({ digest }) => digest);
}
