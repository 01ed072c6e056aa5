import { z } from 'zod';
import { type Manifest, parseManifest } from './manifests.ts';
import type { RegistryView } from './registry.ts';

const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle\..+\+json$/;

const bundleSchema = z.object({ dsseEnvelope: z.object({ payload: z.string() }) });
const statementSchema = z.object({ subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })) });

/** A manifest's content; one without anything where the repository has none. */
export function contentOf(store: RegistryView, name: string, reference: string): Manifest {
  const stored = store.manifest(name, reference);
  return stored ? parseManifest(stored) : { schemaVersion: 2 };
}

/** The digest of the bundle that a manifest attaches, if it does. */
export function bundleOf({ layers }: Manifest): string | undefined {
  return layers?.find(({ mediaType }) => BUNDLE.test(mediaType))?.digest;
}

/**
 * The digests of the bundles that a client finds for a subject: in the registry's list, or without one in the fallback
 * tag.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export function bundlesFor(store: RegistryView, name: string, subject: string): readonly string[] {
  const listed = store.referrersApi ? undefined : contentOf(store, name, subject.replace(':', '-')).manifests;
  return store.manifests(name).flatMap((stored) => {
    const manifest = parseManifest(stored);
    const isFound = store.referrersApi || listed?.some(({ digest }) => digest === stored.digest);
    return isFound && manifest.subject?.digest === subject ? (bundleOf(manifest) ?? []) : [];
  });
}

/** The digests of the bundles that a client finds for each of the subjects. */
export function bundlesForAll(store: RegistryView, name: string, subjects: readonly string[]): readonly string[] {
  const [first = [], ...others] = subjects.map((subject) => bundlesFor(store, name, subject));
  return first.filter((bundle) => others.every((bundles) => bundles.includes(bundle)));
}

/**
 * The digests that a bundle's statement names; undefined where it is no bundle with a statement.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export async function signedDigests(
  store: RegistryView,
  name: string,
  bundle: string,
): Promise<readonly string[] | undefined> {
  try {
    const { dsseEnvelope } = bundleSchema.parse(JSON.parse((await store.blob(name, bundle)) ?? ''));
    const payload = Buffer.from(dsseEnvelope.payload, 'base64').toString('utf8');
    return statementSchema.parse(JSON.parse(payload)).subject.map(({ digest }) => `sha256:${digest.sha256}`);
  } catch {
    return undefined;
  }
}
