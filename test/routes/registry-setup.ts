import { Hono } from 'hono';
import { type Config, parseConfig } from '../../src/lib/config.ts';
import type { Place } from '../../src/lib/gallery/pull-through/place.ts';
import type { PassedBlob } from '../../src/lib/oci/blob-passage.ts';
import type { Digest } from '../../src/lib/oci/digest.ts';
import type { Repository } from '../../src/lib/oci/repository.ts';
import type { TagPage, TagPageQuery } from '../../src/lib/oci/tag-page.ts';
import { settle } from '../../src/lib/outcome.ts';
import type { AppEnv } from '../../src/routes/app-types.ts';
import { registryRoutes } from '../../src/routes/registry.ts';
import type { FakeRepository } from '../lib/gallery/fake-repository.ts';
import { type Setup, withGatekeeper } from '../lib/gallery/pull-through/setup.ts';

/** Where a test's image is asked for. */
export const NAME = 'q/a/b';

const project = {
  repository: 'o/r',
  repository_id: '1',
  repository_owner_id: '2',
  refs: ['refs/heads/main'],
  tags: ['type=sha'],
  roles: {},
};

export const config: Config = parseConfig({
  MUSTER: {
    audience: 'https://muster.test',
    registries: [{ host: 'localhost:5000', alias: 'q', origin: 'http://localhost:5000' }],
    projects: [
      { ...project, name: 'p', policy: 'strict', targets: [{ repository: 'localhost:5000/a/b' }] },
      { ...project, name: 'w', policy: 'lenient', targets: [{ repository: 'quay.io/a/warned' }] },
      {
        ...project,
        name: 'x',
        policy: 'strict',
        targets: [{ repository: 'quay.io/a/warned' }, { repository: 'quay.io/a/public', public: true }],
      },
    ],
    policies: [
      { name: 'strict', issuer: 'i', identity: 's' },
      { name: 'lenient', issuer: 'i', identity: 's', mode: 'warn' },
    ],
  },
});

export type PassBlob = (digest: Digest, range?: string) => Promise<PassedBlob | undefined>;

export interface RegistrySetup extends Setup {
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  readonly send: (method: string, path: string, headers?: Record<string, string>) => Promise<Response>;
  /** Replaces how upstream hands out blobs. */
  passBlob: PassBlob;
  pullTagPage: (query: TagPageQuery) => Promise<TagPage | undefined>;
  readonly places: Place[];
}

/** The routes at `/v2`, on a registry in memory. */
export function withRegistry(work: (setup: RegistrySetup) => Promise<void>, overrides: { warnOnly?: boolean } = {}) {
  return withGatekeeper(async (setup) => {
    const places: Place[] = [];
    const send = (method: string, path: string, headers = {}) =>
      Promise.resolve(app.request(path, { method, headers }));
    const registry: RegistrySetup = {
      ...setup,
      places,
      send,
      get: (path, headers) => send('GET', path, headers),
      passBlob: passFrom(setup.fake),
      pullTagPage: async () => ({ tags: [...setup.fake.tags.keys()].sort() }),
    };
    const app = new Hono<AppEnv>().route(
      '/v2',
      registryRoutes(() => ({
        config,
        gate: (place) => {
          places.push(place);
          return {
            admit: (_, reference) => settle(() => setup.keeper.admit(reference)),
            admitBlob: (_, digest) => settle(() => setup.keeper.admitBlob(digest)),
            referrersOf: (_, subject) => settle(() => setup.keeper.referrersOf(subject)),
          };
        },
        upstream: (): Repository => ({
          ...setup.fake.repository,
          passBlob: (digest, range) => registry.passBlob(digest, range),
          pullTagPage: (query) => registry.pullTagPage(query),
        }),
      })),
    );
    await work(registry);
  }, overrides);
}

/** Upstream as most registries are: ranges served, nothing redirected. */
function passFrom(fake: FakeRepository): PassBlob {
  return async (digest, range) => {
    const bytes = fake.blobs.get(digest);
    if (!bytes) return undefined;
    const [from, to] =
      /^bytes=(\d+)-(\d+)$/
        .exec(range ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    if (from === undefined || to === undefined) return { kind: 'body', response: new Response(bytes) };
    const headers = { 'Content-Range': `bytes ${from}-${to}/${bytes.byteLength}` };
    return { kind: 'body', response: new Response(bytes.slice(from, to + 1), { status: 206, headers }) };
  };
}

/** The status and the code of a refusal, in the registry's format. */
export async function refusalOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return `${response.status} ${errors.map(({ code }) => code).join(' ')}`;
}
