import { runPeer } from './process.ts';
import type { RekorMajor, Stack } from './stack.ts';
import { CACHE, IMAGES, SIGNER } from './worker.ts';

/** The digest that a tag of the published repository names; undefined where there is no such tag. */
export async function digestOfTag(registry: string, tag: string): Promise<string | undefined> {
  const tags = await listTags(registry, IMAGES);
  if (!tags.includes(tag)) return undefined;
  return (await runPeer('crane', ['digest', `${registry}/${IMAGES}:${tag}`])).trim();
}

/** A manifest's text, as the registry holds it. */
export function pullManifest(registry: string, reference: string): Promise<string> {
  return runPeer('crane', ['manifest', `${registry}/${IMAGES}${reference}`]);
}

/** The tags of a repository; none where it does not exist. */
export async function listTags(registry: string, repository: string): Promise<string[]> {
  const catalog = await runPeer('crane', ['catalog', registry]);
  if (!catalog.split('\n').includes(repository)) return [];
  return (await runPeer('crane', ['ls', `${registry}/${repository}`])).trim().split('\n');
}

/** cosign's verdict; it reads the bundle among the image's referrers. @throws {Error} with its last line */
export async function verifyWithCosign(
  stack: Stack,
  major: RekorMajor,
  registry: string,
  digest: string,
): Promise<void> {
  const trust = ['--trusted-root', stack.rekor(major).trustedRoot];
  const signer = ['--certificate-oidc-issuer', stack.oidc, '--certificate-identity', SIGNER];
  await runPeer('cosign', ['verify', ...trust, ...signer, '--allow-http-registry', `${registry}/${IMAGES}@${digest}`]);
}

/** The verdict of a client like LocalAI: by the first bundle of the list, whatever comes after it. @throws {Error} */
export async function verifyFirstBundle(
  stack: Stack,
  major: RekorMajor,
  registry: string,
  digest: string,
): Promise<void> {
  const signer = ['-issuer', stack.oidc, '-identity-regex', `^${SIGNER.replaceAll('.', '\\.')}$`];
  const trust = ['-trusted-root', stack.rekor(major).trustedRoot];
  await runPeer('verifier', ['images', ...trust, ...signer, `${registry}/${IMAGES}@${digest}`]);
}

/** The index that buildx writes over the same images; its bytes are Muster's to match. */
export async function indexOfBuildx(registry: string, digests: readonly string[], tag: string): Promise<string> {
  const sources = [...digests].sort().map((digest) => `${registry}/${CACHE}@${digest}`);
  await runPeer('buildx', ['imagetools', 'create', '-t', `${registry}/${IMAGES}:${tag}`, ...sources]);
  return pullManifest(registry, `:${tag}`);
}
