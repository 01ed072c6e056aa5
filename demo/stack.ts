import { randomBytes } from 'node:crypto';
import type { RegistryAccess } from './client.ts';
import { buildConfig, type MusterConfig } from './config.ts';
import { createDemoIssuer, type DemoIssuer } from './issuer/issuer.ts';
import { createDemoRegistry, type DemoRegistry, type DemoRegistryOptions } from './registry/registry.ts';
import { type Handler, serve } from './serve.ts';
import { createDemoSigstore, type DemoSigstore } from './sigstore/sigstore.ts';

export interface DemoStackOptions {
  /** The version of the log's API; default 2. */
  readonly rekorMajor?: 1 | 2;
  /** What differs at the first registry (default: has the referrers API, wants tokens) and the second (neither). */
  readonly registries?: readonly [DemoRegistryOptions, DemoRegistryOptions];
  /** Milliseconds since the epoch; default the machine's clock. */
  readonly now?: () => number;
  /** Sees every call to every service; what it answers is the answer. */
  readonly intercept?: (request: Request, handler: Handler) => Promise<Response>;
}

/** A registry that answers on loopback; its faults, calls and content are at hand. */
export interface StackRegistry extends RegistryAccess {
  readonly origin: string;
  readonly alias: string;
  readonly demo: DemoRegistry;
}

/** Everything outside of the Worker, on loopback. */
export interface DemoStack {
  readonly rekorMajor: 1 | 2;
  readonly registries: readonly [StackRegistry, StackRegistry];
  readonly sigstore: DemoSigstore & { readonly origin: string };
  readonly issuer: DemoIssuer & { readonly origin: string };
  /** The Worker's `REGISTRY_AUTH`. */
  readonly registryAuth: string;
  /** The Worker's `MUSTER` object for these services. */
  musterConfig(): MusterConfig;
  close(): Promise<void>;
}

/** Starts two registries, a Sigstore and an issuer, each on a port of its own. */
export async function startDemoStack(options: DemoStackOptions = {}): Promise<DemoStack> {
  const { rekorMajor = 2, now = Date.now, registries = [{}, {}] } = options;
  const { intercept = (request, handler) => handler(request) } = options;
  const issuer = await host(intercept, (origin) => createDemoIssuer({ origin, now }));
  const sigstore = await host(intercept, (origin) =>
    createDemoSigstore({
      origin,
      issuer: issuer.origin,
      rekorMajor,
      now,
      fetch: (url) => issuer.fetch(new Request(url)),
    }),
  );
  const password = randomBytes(12).toString('hex');
  const first = await hostRegistry(intercept, 'api', { now, ...registries[0] }, { username: 'ci', password });
  const second = await hostRegistry(intercept, 'tag', { now, referrersApi: false, ...registries[1] });
  const both = [first, second] as const;
  return {
    rekorMajor,
    registries: both,
    sigstore,
    issuer,
    registryAuth: JSON.stringify({ auths: Object.fromEntries(both.flatMap(authEntry)) }),
    musterConfig: () =>
      buildConfig({
        issuer: issuer.origin,
        trustedRoot: sigstore.trustedRoot,
        signingConfig: sigstore.signingConfig,
        registries: both.map(({ host, origin, alias, username }) => {
          return { host, origin, alias, realms: [`${origin}/token`], anonymous: username === undefined };
        }),
      }),
    close: async () => {
      for (const service of [first, second, sigstore, issuer]) await service.close();
    },
  };
}

type Intercept = NonNullable<DemoStackOptions['intercept']>;

/** Puts a service on loopback: it must know its origin, which is known only once it listens. */
async function host<Service extends { readonly fetch: Handler }>(
  intercept: Intercept,
  create: (origin: string) => Service | Promise<Service>,
): Promise<Service & { readonly origin: string; close(): Promise<void> }> {
  const service: { current?: Service } = {};
  const { origin, close } = await serve((request) => {
    if (!service.current) return Promise.resolve(new Response('starting\n', { status: 503 }));
    return intercept(request, service.current.fetch);
  });
  service.current = await create(origin);
  return { ...service.current, origin, close };
}

/** @param account who may push; absent: anybody */
async function hostRegistry(
  intercept: Intercept,
  alias: string,
  options: DemoRegistryOptions,
  account?: { readonly username: string; readonly password: string },
): Promise<StackRegistry & { close(): Promise<void> }> {
  const hosted = await host(intercept, async (origin) => {
    const demo = createDemoRegistry({ ...options, ...(account ? { auth: { ...account, origin } } : {}) });
    return { fetch: demo.fetch, demo };
  });
  return { host: new URL(hosted.origin).host, alias, ...hosted, ...account };
}

/** An entry of a Docker `config.json`, where a registry wants credentials. */
function authEntry({ host, username, password }: StackRegistry): [string, { auth: string }][] {
  return username === undefined ? [] : [[host, { auth: Buffer.from(`${username}:${password}`).toString('base64') }]];
}
