import type { Config } from '../../config.ts';
import type { Digest } from '../../oci/digest.ts';
import { isTag } from '../../oci/reference.ts';
import type { Repository } from '../../oci/repository.ts';
import type { Evidence } from '../../sigstore/evidence.ts';

/** Where no project says otherwise. */
const COMMON_BRANCHES = ['master', 'main'];
const SHORT_SHA = 7;

/**
 * The branches whose tags a repository has, as tags write them: of the refs that its projects may publish from.
 *
 * @param fullName - `host/name`
 */
export function listBranches(config: Config, fullName: string): string[] {
  const projects = config.projects.filter(({ targets }) => targets.some(({ repository }) => repository === fullName));
  const named = projects.flatMap(({ refs, default_branch }) => [
    ...refs.flatMap((ref) => (/^refs\/heads\/[^*]+$/.test(ref) ? [ref.slice('refs/heads/'.length)] : [])),
    ...(default_branch === undefined ? [] : [default_branch]),
  ]);
  // As docker/metadata-action writes a branch's name into a tag.
  return [...new Set([...COMMON_BRANCHES, ...named.map((branch) => branch.replace(/[^a-zA-Z0-9._-]+/g, '-'))])];
}

export interface HolderOptions {
  readonly repository: Repository;
  readonly tag: string;
  readonly digest: Digest;
  readonly branches: readonly string[];
  /** Whom the signature names: which commit, which ref. */
  readonly signer: Evidence['signer'];
}

/**
 * A tag that keeps a digest from being swept up when a branch's tag moves on: the tag itself where it is not a
 * branch's, else the one of the commit or the release that the signature names. Undefined where none holds it.
 *
 * @throws {OciError} {HttpError} where the registry gives no usable answer
 */
export async function findHolder(options: HolderOptions): Promise<string | undefined> {
  const { repository, tag, digest, branches, signer } = options;
  const branch = branches.find((name) => tag === name || tag.startsWith(`${name}-`));
  if (branch === undefined) return tag;
  const suffix = tag.slice(branch.length);
  const commit = signer.source_digest && `sha-${signer.source_digest.slice(0, SHORT_SHA)}`;
  const release = signer.source_ref?.startsWith('refs/tags/')
    ? signer.source_ref.slice('refs/tags/'.length)
    : undefined;
  for (const prefix of [commit, release]) {
    const candidate = `${prefix}${suffix}`;
    if (prefix === undefined || !isTag(candidate)) continue;
    if ((await repository.headManifest(candidate))?.digest === digest) return candidate;
  }
  return undefined;
}
