import * as z from 'zod';
import { lazily } from '../../lazily.ts';
import type { Digest } from '../../oci/digest.ts';
import { isDigest } from '../../oci/digest.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { isIndexType } from '../../oci/media-types.ts';
import type { Repository } from '../../oci/repository.ts';
import { bundleLayer, pullReferrer } from '../discovery.ts';

/** Subjects of one statement that are looked at. */
const MAX_SUBJECTS = 100;

const bundleSchema = lazily(() => z.object({ dsseEnvelope: z.object({ payload: z.string() }) }));
const statementSchema = lazily(() =>
  z.object({ subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })) }),
);

/**
 * The index that a manifest was signed as a part of; undefined for what was signed as a whole, as every index is.
 *
 * One statement names an index and its children: a tag that names a child alone was never published.
 *
 * @param referrer - the manifest that attaches the bundle which passed
 */
export async function indexSignedWith(
  repository: Repository,
  subject: Digest,
  referrer: Digest,
): Promise<Digest | undefined> {
  const own = await repository.pullManifest(subject);
  if (!own || isIndexType(own.mediaType)) return undefined;
  const subjects = await signedTogether(repository, subject, referrer);
  for (const digest of subjects.slice(0, MAX_SUBJECTS)) {
    const raw = digest === subject ? undefined : await repository.pullManifest(digest);
    const parsed = raw && parseManifest(raw);
    if (parsed?.kind === 'index' && parsed.manifests.some((child) => child.digest === subject)) return digest;
  }
  return undefined;
}

/** What the statement names; nothing for a plain message signature, which is over one manifest. */
async function signedTogether(repository: Repository, subject: Digest, referrer: Digest): Promise<Digest[]> {
  const manifest = await pullReferrer(repository, subject, referrer);
  const layer = manifest && bundleLayer(manifest);
  if (!layer) return [];
  const bytes = await repository.pullBlob(layer.digest, layer.size);
  const bundle = bundleSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!bundle.success) return [];
  const payload = Buffer.from(bundle.data.dsseEnvelope.payload, 'base64').toString('utf8');
  const statement = statementSchema.safeParse(JSON.parse(payload));
  return (statement.data?.subject ?? []).map(({ digest }) => `sha256:${digest.sha256}`).filter(isDigest);
}
