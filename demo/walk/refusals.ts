import { CORE, IMAGE } from '../config.ts';
import { buildImage, type Image } from '../images.ts';
import type { Published } from './at-once.ts';
import { attachBundle, signAs } from './forgery.ts';
import { clientsOf, send, verify, type Walk } from './walk.ts';

const STRANGER = {
  repository: 'mallory/LocalAI',
  repository_id: '999',
  repository_owner_id: '998',
  job_workflow_ref: 'mallory/LocalAI/.github/workflows/image_build.yml@refs/heads/master',
};

/** What must not pass does not, and the code says why. */
export async function refuseBadImages(walk: Walk, published: Published): Promise<void> {
  const { printer, stack, layers } = walk;
  const [first] = clientsOf(walk);
  const { host } = stack.registries[0];
  printer.chapter('What must not pass: wrong bytes, wrong signer, wrong platform, wrong caller');
  const push = async (tag: string): Promise<Image> => {
    const image = buildImage('amd64', layers.amd64, tag);
    await first.pushImage(CORE, image, tag);
    return image;
  };
  const refused = async (tag: string, code: string, what: string) => {
    const answer = await verify(walk, `${host}/${CORE}:${tag}`, 'core');
    printer.claim(`${what}: refused, ${code}`, answer.status === 403 && answer.body.code === code, answer);
  };

  await push('unsigned');
  await refused('unsigned', 'SIGNATURE_MISSING', 'an image that nobody signed');

  const tampered = await push('tampered');
  await attachBundle(first, CORE, tampered, await pullBundle(walk, published));
  await refused('tampered', 'SUBJECT_MISMATCH', 'other bytes that carry the genuine signature');

  const foreign = await push('foreign');
  const token = await stack.issuer.token(stack.issuer.claims(STRANGER), 'sigstore');
  await attachBundle(first, CORE, foreign, await signAs(token, stack.sigstore.signingConfig, foreign.digest));
  await refused('foreign', 'IDENTITY_MISMATCH', 'an image that a fork signed, validly, by the same Sigstore');
}

/** What the Worker itself does not take. */
export async function refuseBadReports(walk: Walk, { images }: Published): Promise<void> {
  const { printer } = walk;
  const claims = { run_id: '4201', job_workflow_ref: `${IMAGE}@refs/heads/master` };
  const [, arm64] = images;
  const body = { tag_suffix: '', platform_tag: 'amd64', digest: arm64?.digest, expect: ['amd64'] };
  const call = { method: 'POST' as const, path: '/v1/arrivals', claims, body };
  const swapped = await send(walk, call);
  printer.claim(
    'an arm64 image reported as amd64: refused, PLATFORM_MISMATCH',
    swapped.status === 422 && swapped.body.code === 'PLATFORM_MISMATCH',
    swapped,
  );
  const stranger = await send(walk, { ...call, claims: { ...claims, ...STRANGER } });
  printer.claim(
    'a report by a fork’s build: refused, ROLE_REFUSED',
    stranger.status === 403 && stranger.body.code === 'ROLE_REFUSED',
    stranger,
  );
}

/** The genuine bundle, as any client may have it. */
async function pullBundle({ caller, stack }: Walk, { digest }: Published): Promise<string> {
  const ref = `${stack.registries[0].host}/${CORE}@${digest}`;
  const { body } = await caller.call({ path: `/v1/verify?ref=${ref}&policy=core&include=bundle` });
  return typeof body.bundle === 'string' ? body.bundle : JSON.stringify(body.bundle);
}
