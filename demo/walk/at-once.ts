import { CORE, IMAGE } from '../config.ts';
import { ARCHES, buildImage, type Image } from '../images.ts';
import type { DemoStack } from '../stack.ts';
import { short } from './print.ts';
import { claimTags, clientsOf, send, verify, type Walk } from './walk.ts';

/** The run in which the core image is built. */
const CLAIMS = { run_id: '4200', job_workflow_ref: `${IMAGE}@refs/heads/master` };
const TAGS = ['master', 'sha-5d0b549'];

/** What the other chapters need of the published image. */
export interface Published {
  /** The index's. */
  readonly digest: string;
  readonly images: readonly Image[];
}

/** Two builds push, report, and the last report publishes. */
export async function publishAtOnce(walk: Walk): Promise<Published> {
  const images = await pushCore(walk);
  const digest = await reportCore(walk, images);
  await judgeCore(walk, images, digest);
  return { digest, images };
}

async function pushCore(walk: Walk): Promise<Image[]> {
  const { printer, stack, layers } = walk;
  const [first] = clientsOf(walk);
  printer.chapter('Two builds push their image by digest, into one registry, without a tag');
  const images = ARCHES.map((arch) => buildImage(arch, layers[arch], 'core'));
  for (const image of images) {
    await first.pushImage(CORE, image);
    const pulled = await first.pull(CORE, image.digest);
    const size = (image.blobs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) / 1e6).toFixed(1);
    const name = `${stack.registries[0].host}/${CORE}@${short(image.digest)}`;
    printer.claim(`linux/${image.arch}: ${name}, esbuild's own binary, ${size} MB`, pulled?.digest === image.digest);
  }
  return images;
}

async function reportCore(walk: Walk, images: readonly Image[]): Promise<string> {
  const { printer, stack } = walk;
  printer.chapter('Each build reports its digest with one curl; the last report publishes');
  printer.say(`The tokens are the job's own, from GitHub (here: from ${stack.issuer.origin}). There is no merge job.`);
  const before = { ...stack.sigstore.counts };
  const report = ({ arch, digest }: Image) => ({
    method: 'POST' as const,
    path: '/v1/arrivals',
    claims: CLAIMS,
    body: { tag_suffix: '', platform_tag: arch, digest, expect: ARCHES },
  });
  const [amd64, arm64] = images;
  if (!amd64 || !arm64) throw new Error('there are two images');
  const first = await send(walk, report(amd64));
  const waits = first.status === 202 && first.body.state === 'waiting';
  printer.claim('the first waits for arm64', waits && String(first.body.missing) === 'arm64', first);
  const tags = await Promise.all(clientsOf(walk).map((client) => client.tags(CORE)));
  printer.claim('no registry has a tag yet', tags.flat().length === 0, tags);
  printer.say(
    'The second has Muster merge, sign once, and for each registry: push, attach the signature, read it all back',
  );
  printer.say('and verify it as a client would; only then does a tag move. The steps, as they happen:');
  const last = await send(walk, report(arm64), true);
  printer.claim('the second publishes', last.status === 200 && last.body.state === 'published', last);
  claimOneSignature(walk, before);
  return String(last.body.digest);
}

/** Rekor v1's entries carry a time themselves. */
function claimOneSignature({ printer, stack }: Walk, before: DemoStack['sigstore']['counts']): void {
  const { certificates, timestamps, entries } = stack.sigstore.counts;
  const used = [certificates - before.certificates, timestamps - before.timestamps, entries - before.entries];
  const [stamps, spent] = stack.rekorMajor === 2 ? [1, 'one certificate, one timestamp'] : [0, 'one certificate'];
  const claim = `${spent} and one log entry for the index, both images and both registries`;
  printer.claim(claim, String(used) === `1,${stamps},1`, used);
}

async function judgeCore(walk: Walk, images: readonly Image[], digest: string): Promise<void> {
  const { printer, stack } = walk;
  printer.chapter('Both registries have it, and a client that asks before it pulls is told so');
  await claimTags(walk, CORE, TAGS, digest);
  for (const [at, client] of clientsOf(walk).entries()) {
    const { manifests } = JSON.parse((await client.pull(CORE, digest))?.text ?? '{}') as {
      manifests?: { digest: string; platform?: { architecture?: string } }[];
    };
    const children = images.map((image) => [image.arch, image.digest].join(' ')).sort();
    const listed = (manifests ?? []).map((child) => [child.platform?.architecture, child.digest].join(' ')).sort();
    const host = stack.registries[at]?.host;
    printer.claim(`${host}: the index lists exactly amd64 and arm64`, String(listed) === String(children), listed);
  }
  for (const { host } of stack.registries) {
    const answer = await verify(walk, `${host}/${CORE}:master`, 'core');
    const { signer } = answer.body as { signer?: { identity?: string } };
    const identity = `https://github.com/${CLAIMS.job_workflow_ref}`;
    const passes = answer.status === 200 && answer.body.verified === true && signer?.identity === identity;
    printer.claim(`${host}: verified, signed by ${identity}`, passes, answer);
  }
}
