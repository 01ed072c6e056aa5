import type { Answer } from '../caller.ts';
import { BACKENDS, BUILD, CACHE } from '../config.ts';
import { ARCHES, buildImage, type Image } from '../images.ts';
import { claimTags, clientsOf, type MergeAnswer, mergesOf, send, verify, type Walk } from './walk.ts';

/** The run that builds the backends: its builds are jobs of one workflow, its finishing job of another. */
export const RUN_ID = '4242';
const BUILD_CLAIMS = { run_id: RUN_ID, job_workflow_ref: `${BUILD}@refs/heads/master` };
const MERGE_CLAIMS = { run_id: RUN_ID };
/** One name begins with the other's: keys are exact. */
export const WHOLE = '-cpu-esbuild';
const PARTIAL = '-cpu-esbuild-mini';

/** LocalAI's way: builds report and may not sign; one finishing job lends its token to every complete merge. */
export async function finishLikeLocalAi(walk: Walk): Promise<void> {
  const { printer } = walk;
  printer.chapter('LocalAI’s way: builds may not sign, and one finishing job publishes them all');
  printer.say('Clients accept only backend_merge.yml as signer; the builds run in backend_build.yml.');
  const whole = await pushLegs(walk, WHOLE);
  const partial = await pushLegs(walk, PARTIAL);
  await reportLegs(walk, whole, partial);
  const digest = await finishWithLegMissing(walk);
  await reportMissingLeg(walk, partial);
  await finishAll(walk, digest);
}

/** LocalAI's builds push to both registries. */
async function pushLegs(walk: Walk, suffix: string): Promise<Image[]> {
  const images = ARCHES.map((arch) => buildImage(arch, walk.layers[arch], `backend${suffix}`));
  for (const client of clientsOf(walk)) {
    for (const image of images) await client.pushImage(BACKENDS, image);
  }
  return images;
}

/** All legs but the second suffix's last. */
async function reportLegs(walk: Walk, whole: readonly Image[], partial: readonly Image[]): Promise<void> {
  const { printer, stack } = walk;
  const before = stack.sigstore.counts.entries;
  await walk.caller.call(reportOf(WHOLE, whole[0]));
  await walk.caller.call(reportOf(PARTIAL, partial[0]));
  printer.say(`${WHOLE} and ${PARTIAL} have both reported amd64. Now the first one’s arm64, the second one’s is late:`);
  const answer = await send(walk, reportOf(WHOLE, whole[1]));
  const { state, reason } = answer.body;
  printer.claim(
    `${WHOLE} is complete, and needs a token that clients accept`,
    answer.status === 202 && state === 'needs_token' && String(reason).includes('backend_build.yml'),
    answer,
  );
  printer.claim('nothing was signed with the build’s token', stack.sigstore.counts.entries === before);
  for (const [at, client] of clientsOf(walk).entries()) {
    const host = stack.registries[at]?.host;
    const anchors = (await client.tags(CACHE)).filter((tag) => tag.startsWith(`keepalive-${RUN_ID}${WHOLE}-a`));
    printer.claim(`${host}/${CACHE} keeps both legs from garbage collection`, anchors.length === 2, anchors);
    const tags = await client.tags(BACKENDS);
    printer.claim(`${host}/${BACKENDS} has no tag`, tags.length === 0, tags);
  }
}

async function finishWithLegMissing(walk: Walk): Promise<string> {
  const { printer } = walk;
  const answer = await send(walk, finishCall());
  const partial = mergeOf(answer, PARTIAL);
  printer.claim(
    `the finishing job fails and names the leg: ${PARTIAL} lacks arm64`,
    answer.status === 409 && answer.body.code === 'RUN_INCOMPLETE' && String(partial.missing) === 'arm64',
    answer,
  );
  const whole = mergeOf(answer, WHOLE);
  printer.claim(`${WHOLE} is published all the same`, whole.state === 'published', whole);
  return String(whole.digest);
}

async function reportMissingLeg(walk: Walk, partial: readonly Image[]): Promise<void> {
  const answer = await send(walk, reportOf(PARTIAL, partial[1]));
  const arrived = answer.status === 202 && answer.body.state === 'needs_token';
  walk.printer.claim('the missing leg arrives late; its merge waits for a finishing job', arrived, answer);
}

async function finishAll(walk: Walk, digest: string): Promise<void> {
  const { printer, stack } = walk;
  const answer = await send(walk, finishCall());
  const merges = [mergeOf(answer, WHOLE), mergeOf(answer, PARTIAL)];
  const published = merges.every(({ state }) => state === 'published');
  printer.claim(
    'the finishing job succeeds: every merge of the run is published',
    answer.status === 200 && published,
    answer,
  );
  const tagsOf = (suffix: string) => [`master${suffix}`, `sha-5d0b549${suffix}`];
  await claimTags(walk, BACKENDS, tagsOf(WHOLE), digest);
  await claimTags(walk, BACKENDS, tagsOf(PARTIAL), String(merges[1]?.digest));
  for (const [at, client] of clientsOf(walk).entries()) {
    const host = stack.registries[at]?.host;
    const anchors = (await client.tags(CACHE)).filter((tag) => tag.startsWith('keepalive-'));
    printer.claim(`${host}/${CACHE}: the anchors are gone`, anchors.length === 0, anchors);
    const verdict = await verify(walk, `${host}/${BACKENDS}:master${PARTIAL}`, 'localai');
    const passes = verdict.status === 200 && verdict.body.verified === true;
    printer.claim(`${host}: verified under LocalAI’s policy`, passes, verdict);
  }
}

function reportOf(tag_suffix: string, image: Image | undefined) {
  const body = { tag_suffix, platform_tag: image?.arch, digest: image?.digest, expect: ARCHES };
  return { method: 'POST' as const, path: '/v1/arrivals', claims: BUILD_CLAIMS, body };
}

function finishCall() {
  const body = { tag_suffixes: [WHOLE, PARTIAL] };
  return { method: 'POST' as const, path: `/v1/runs/localai/${RUN_ID}/finish`, claims: MERGE_CLAIMS, body };
}

function mergeOf({ body }: Answer, suffix: string): MergeAnswer {
  return mergesOf(body).find(({ tag_suffix }) => tag_suffix === suffix) ?? {};
}
