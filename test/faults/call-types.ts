/** A kind of call that a merge, or a cleanup after it, makes. */
export interface CallType {
  readonly name: string;
  /** Whether a request is one; its URL is absolute. */
  matches(request: Request): boolean;
  /** Made once an isolate: the Worker is started anew before it. */
  readonly cold?: true;
  /** Made by the scheduled cleanup. */
  readonly cleanup?: true;
  /** The log's API that it is for; absent: made with either. */
  readonly log?: 1 | 2;
}

const of = (method: string, path: RegExp) => (request: Request) => {
  const { pathname, search } = new URL(request.url);
  return request.method === method && path.test(pathname + search);
};

/** Every call type of a merge at two registries, one with and one without the referrers API, and of the cleanup. */
export const CALL_TYPES: readonly CallType[] = [
  { name: 'JWKS GET', matches: of('GET', /\/\.well-known\/jwks$/), cold: true },
  { name: 'registry token GET', matches: of('GET', /^\/token\?/), cold: true },
  { name: 'manifest HEAD', matches: of('HEAD', /\/manifests\//) },
  { name: 'manifest GET', matches: of('GET', /\/manifests\//) },
  { name: 'blob HEAD', matches: of('HEAD', /\/blobs\//) },
  { name: 'blob GET', matches: of('GET', /\/blobs\/sha256:/) },
  { name: 'blob POST, mounted', matches: of('POST', /\/blobs\/uploads\/\?mount=/) },
  { name: 'blob POST, whole', matches: of('POST', /\/blobs\/uploads\/\?digest=/) },
  { name: 'blob POST, to be sent', matches: of('POST', /\/blobs\/uploads\/$/) },
  { name: 'blob PATCH', matches: of('PATCH', /\/blobs\/uploads\//) },
  { name: 'blob PUT', matches: of('PUT', /\/blobs\/uploads\//) },
  { name: 'manifest PUT', matches: of('PUT', /\/manifests\/sha256:/) },
  { name: 'manifest PUT, anchor', matches: of('PUT', /\/manifests\/keepalive-/) },
  { name: 'manifest PUT, tag', matches: of('PUT', /\/manifests\/(master|sha)-/) },
  { name: 'manifest PUT, fallback', matches: of('PUT', /\/manifests\/sha256-/) },
  { name: 'referrers GET', matches: of('GET', /\/referrers\//) },
  { name: 'tag DELETE', matches: of('DELETE', /\/manifests\/keepalive-/) },
  { name: 'tag list GET', matches: of('GET', /\/tags\/list/), cleanup: true },
  { name: 'Fulcio POST', matches: of('POST', /^\/api\/v2\/signingCert$/) },
  { name: 'timestamp POST', matches: of('POST', /^\/api\/v1\/timestamp$/), log: 2 },
  { name: 'Rekor v2 POST', matches: of('POST', /^\/api\/v2\/log\/entries$/), log: 2 },
  { name: 'Rekor v1 POST', matches: of('POST', /^\/api\/v1\/log\/entries$/), log: 1 },
];
