import type { Handler } from '../handler.ts';
import { answerBlob } from './blobs.ts';
import { createCatalogue, type StoredManifest } from './catalogue.ts';
import type { RegistryContext, Write } from './context.ts';
import { RegistryError } from './errors.ts';
import { Faults } from './faults.ts';
import { createFolderStore } from './folder-store.ts';
import { listReferrers, listTags } from './listings.ts';
import { answerManifest, resolve } from './manifests.ts';
import { createMemoryStore } from './memory-store.ts';
import { parsePath, type RegistryPath } from './path.ts';
import { type Account, type Need, TokenAuth } from './token-auth.ts';
import { Turns } from './turns.ts';
import { answerUpload } from './uploads.ts';

export interface DemoRegistryOptions {
  /** Whether it lists referrers; default true. */
  readonly referrersApi?: boolean;
  /** Whether blobs can be taken over from its other repositories; default true. */
  readonly mounts?: boolean;
  /** Whether a blob can come in one POST; default true. */
  readonly singlePost?: boolean;
  /** The longest page of tags and of referrers; default no limit. */
  readonly pageSize?: number;
  /** Absent: anybody may do anything. */
  readonly auth?: Account;
  /** Where everything is kept; absent: in memory. */
  readonly dataDir?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A call as it was answered; status 0 where it was not, or not yet. */
export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
}

/** A registry, its faults, and a look into it. */
export interface DemoRegistry {
  readonly fetch: Handler;
  readonly faults: Faults;
  readonly calls: readonly Call[];
  readonly store: RegistryView;
  /** Tells of each change once it is made, before its caller hears of it. @returns what ends that */
  onWrite(observer: (write: Write) => void): () => void;
}

/** What a registry holds. */
export interface RegistryView {
  readonly referrersApi: boolean;
  /** By tag or digest. */
  manifest(name: string, reference: string): StoredManifest | undefined;
  /** Every manifest of a repository, in the order they came. */
  manifests(name: string): readonly StoredManifest[];
  tags(name: string): ReadonlyMap<string, string>;
  hasBlob(name: string, digest: string): boolean;
  /** A small blob, whole; undefined where the repository has none. */
  blob(name: string, digest: string): Promise<string | undefined>;
}

/**
 * An OCI registry: as strict as a real one, and as faulty as it is asked to be.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export function createDemoRegistry(options: DemoRegistryOptions = {}): DemoRegistry {
  const { referrersApi = true, mounts = true, singlePost = true, pageSize = Number.POSITIVE_INFINITY } = options;
  const { auth, dataDir, now = Date.now } = options;
  const catalogue = createCatalogue(dataDir);
  const observers = new Set<(write: Write) => void>();
  const context: RegistryContext = {
    abilities: { referrersApi, mounts, singlePost, pageSize },
    blobs: dataDir === undefined ? createMemoryStore() : createFolderStore(dataDir),
    catalogue,
    turns: new Turns(),
    written: (write) => {
      catalogue.save();
      for (const observer of observers) observer(write);
    },
  };
  const faults = new Faults();
  const calls: Call[] = [];
  const tokens = auth && new TokenAuth(auth, now);
  return {
    fetch: recordCalls(calls, faults.wrap(answerWith(context, tokens))),
    faults,
    calls,
    store: viewOf(context),
    onWrite: (observer) => {
      observers.add(observer);
      return () => observers.delete(observer);
    },
  };
}

function answerWith(context: RegistryContext, tokens: TokenAuth | undefined): Handler {
  return async (request) => {
    try {
      const { pathname } = new URL(request.url);
      if (tokens && pathname === '/token') return tokens.issue(request);
      const path = pathname === '/v2/' || pathname === '/v2' ? undefined : parsePath(pathname);
      tokens?.check(request, path ? needsOf(path, request) : []);
      if (pathname === '/v2/' || pathname === '/v2') return Response.json({});
      if (!path) return new Response('404 page not found\n', { status: 404 });
      return await route(context, path, request);
    } catch (error) {
      if (error instanceof RegistryError) return error.render(request.method);
      throw error;
    }
  };
}

function route(context: RegistryContext, path: RegistryPath, request: Request): Promise<Response> | Response {
  switch (path.kind) {
    case 'blobs':
      return answerBlob(context, path, request);
    case 'uploads':
      return answerUpload(context, path, request);
    case 'manifests':
      return answerManifest(context, path, request);
    case 'tags':
      return listTags(context, path, request);
    case 'referrers':
      return listReferrers(context, path, request);
  }
}

/** A mount reads from another repository. */
function needsOf({ name, kind, reference }: RegistryPath, { method, url }: Request): readonly Need[] {
  if (kind === 'uploads') {
    const from = reference === '' ? new URL(url).searchParams.get('from') : null;
    return [{ name, action: 'push' }, ...(from === null ? [] : [{ name: from, action: 'pull' } as const])];
  }
  if (method === 'GET' || method === 'HEAD') return [{ name, action: 'pull' }];
  return [{ name, action: method === 'DELETE' ? 'delete' : 'push' }];
}

function recordCalls(calls: Call[], handler: Handler): Handler {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const call = { method: request.method, path: pathname + search, status: 0 };
    calls.push(call);
    const response = await handler(request);
    call.status = response.status;
    return response;
  };
}

function viewOf({ catalogue, abilities, blobs }: RegistryContext): RegistryView {
  return {
    referrersApi: abilities.referrersApi,
    manifest: (name, reference) => {
      const repository = catalogue.find(name);
      return repository && resolve(repository, reference);
    },
    manifests: (name) => [...(catalogue.find(name)?.manifests.values() ?? [])],
    tags: (name) => catalogue.find(name)?.tags ?? new Map<string, string>(),
    hasBlob: (name, digest) => catalogue.find(name)?.blobs.has(digest) ?? false,
    blob: async (name, digest) => {
      const size = catalogue.find(name)?.blobs.has(digest) ? await blobs.size(digest) : undefined;
      return size === undefined ? undefined : new Response(blobs.open(digest, 0, size - 1)).text();
    },
  };
}
