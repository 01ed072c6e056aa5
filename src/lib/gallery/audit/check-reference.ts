import type { Config } from '../../config.ts';
import { CodedError } from '../../error.ts';
import { HttpError } from '../../http-error.ts';
import { OciError } from '../../oci/error.ts';
import { parseImageReference } from '../../oci/reference.ts';
import type { Repository } from '../../oci/repository.ts';
import { GalleryError } from '../error.ts';
import { type CheckImageOptions, checkImage } from './check-image.ts';
import type { ReferenceResult } from './evaluate.ts';
import { findHolder, listBranches } from './holder.ts';

export interface CheckReferenceOptions extends Omit<CheckImageOptions, 'repository' | 'reference'> {
  readonly config: Config;
  /** Opens a repository of a registry that is configured. */
  readonly open: (host: string, name: string) => Repository;
}

/** What became of a check: a result; or its registry is busy, or failed in a way that a later try may mend. */
export type Attempt =
  | { readonly kind: 'done'; readonly result: ReferenceResult }
  | { readonly kind: 'busy'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

/** The host of a reference that has one. */
export function hostOf(ref: string): string {
  return ref.slice(0, ref.indexOf('/'));
}

/** Checks one reference; whatever its registry does, there is an outcome. */
export async function checkReference(ref: string, options: CheckReferenceOptions): Promise<Attempt> {
  const { registry, repository: name, tag, digest } = parseImageReference(ref);
  const host = options.config.registries.find((one) => one.host === registry || one.alias === registry)?.host;
  if (host === undefined)
    return done({ found: false, code: 'REGISTRY_NOT_ALLOWED', detail: `${registry} is not a configured registry` });
  try {
    const repository = options.open(host, name);
    const check = await checkImage({ ...options, repository, reference: digest ?? tag ?? 'latest' });
    if (!check.found || tag === undefined || digest !== undefined || !check.signer) return done(check);
    const branches = listBranches(options.config, `${host}/${name}`);
    const holder = await findHolder({ repository, tag, digest: check.digest, branches, signer: check.signer });
    return done(holder === undefined ? check : { ...check, held_by: holder });
  } catch (error) {
    return attemptOf(error);
  }
}

function done(result: ReferenceResult): Attempt {
  return { kind: 'done', result };
}

function attemptOf(error: unknown): Attempt {
  if (!(error instanceof CodedError)) throw error;
  const { code, message: detail, retryAfterMs } = error;
  if (error instanceof GalleryError || code === 'PEER_BUSY') return { kind: 'busy', retryAfterMs };
  if (error instanceof HttpError) return { kind: 'failed', code, detail };
  if (!(error instanceof OciError)) throw error;
  // To somebody without credentials a private repository looks like none.
  if (code === 'UNAUTHORIZED' || code === 'DENIED')
    return done({ found: false, code: 'IMAGE_NOT_FOUND', detail: 'the image is not there, or not public' });
  const isImage = code === 'MANIFEST_INVALID' || code === 'DIGEST_MISMATCH' || code === 'DIGEST_INVALID';
  return done({ found: false, code: isImage ? 'IMAGE_INVALID' : 'UNREADABLE', detail: `${code}: ${detail}` });
}
