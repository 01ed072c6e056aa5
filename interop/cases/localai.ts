import { digestOfTag, pullManifest } from '../judges.ts';
import { runPeer } from '../process.ts';
import { expect } from '../report.ts';
import { IMAGES, SIGNER } from '../worker.ts';
import type { Pass } from './main-job.ts';

/**
 * What LocalAI does before it unpacks an image, with the libraries that it does it with: the referrers of a digest, the
 * first bundle among them that parses, and that one only.
 *
 * @see https://github.com/mudler/LocalAI/blob/master/pkg/oci/cosignverify/verify.go
 */
export async function checkLocalAi({ report, stack, major, worker }: Pass): Promise<void> {
  for (const [at, kind] of ['with the referrers API', 'without it'].entries()) {
    const name = `LocalAI’s way, Rekor v${major}: the index and each image pass in a registry ${kind}, and Muster says so`;
    await report.check(name, async () => {
      const registry = stack.registries[at] ?? '';
      const index = await digestOfTag(registry, `master-cpu-fin-v${major}`);
      expect(index !== undefined, 'nothing is published');
      const { manifests } = JSON.parse(await pullManifest(registry, `@${index}`)) as {
        manifests: { digest: string }[];
      };
      const refs = [index, ...manifests.map(({ digest }) => digest)].map((digest) => `${registry}/${IMAGES}@${digest}`);
      const trust = ['-trusted-root', stack.rekor(major).trustedRoot];
      const signer = ['-issuer', stack.oidc, '-identity-regex', `^${SIGNER.replaceAll('.', '\\.')}$`];
      await runPeer('verifier', ['images', ...trust, ...signer, ...refs]);
      for (const ref of refs) expect(await isSaidToPass(worker, ref), `Muster says otherwise of ${ref}`);
      const other = runPeer('verifier', ['images', ...trust, '-issuer', 'https://other.test', ...refs]);
      expect(await other.then(() => false).catch(() => true), 'it passes whoever signed it');
      return `${refs.length} manifests`;
    });
  }
}

async function isSaidToPass(worker: string, ref: string): Promise<boolean> {
  const response = await fetch(`${worker}/v1/verify?${new URLSearchParams({ ref, policy: 'localai' })}`);
  const { localai } = (await response.json()) as { localai?: { verified?: boolean } };
  return localai?.verified === true;
}
