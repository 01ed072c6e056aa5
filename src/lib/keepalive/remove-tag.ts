import { OciError } from '../oci/error.ts';
import type { Repository } from '../oci/repository.ts';
import type { QuayApi } from './quay.ts';

/**
 * Deletes a tag, by the registry's API or, where that refuses, by Quay's own; never a digest, which would take every tag
 * of it along. Safe to repeat.
 *
 * @throws {OciError} as the registry refused, where there is no second way; {KeepaliveError} as Quay's API did
 */
export async function removeTag(
  repository: Repository,
  quay: QuayApi | undefined,
  tag: string,
): Promise<'deleted' | 'absent'> {
  try {
    return await repository.deleteTag(tag);
  } catch (error) {
    if (!quay || !(error instanceof OciError)) throw error;
    return quay.deleteTag(tag);
  }
}
