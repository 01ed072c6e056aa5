import { type RepositoryContext, scopeOf } from './context.ts';
import { type Digest, parseDigest } from './digest.ts';
import { refuseStatus } from './respond.ts';

/** Whether a blob is there. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#checking-if-content-exists-in-the-registry */
export async function headBlob({ host, name, send }: RepositoryContext, digest: Digest): Promise<boolean> {
  const path = `${name}/blobs/${parseDigest(digest)}`;
  const response = await send({ path, init: { method: 'HEAD' }, scopes: [scopeOf(name, 'pull')] });
  if (response.status === 404) return false;
  // A registry that redirects to its storage has the blob.
  if (response.status === 200 || (response.status >= 300 && response.status < 400)) return true;
  return refuseStatus(response, `blob ${host}/${name} ${digest}`);
}
