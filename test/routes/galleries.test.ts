import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Started, VerifiedIndex } from '../../src/lib/gallery/audit/gallery-object.ts';
import type { GalleryQuery } from '../../src/lib/gallery/audit/view.ts';
import type { Outcome } from '../../src/lib/outcome.ts';
import type { AppEnv } from '../../src/routes/app-types.ts';
import { galleryRoutes } from '../../src/routes/galleries.ts';
import { renderError } from '../../src/routes/problem.ts';
import { config } from './registry-setup.ts';

const NOW = Date.parse('2026-11-01T00:00:00Z');
const INDEX: VerifiedIndex = { yaml: '- name: a\n', sha256: 'ab' };

interface Answers {
  readonly view?: Outcome<object>;
  readonly index?: Outcome<VerifiedIndex>;
  readonly started?: Started;
}

/** The routes below an app, on a gallery's object that answers as the test has it. */
function setUp({ view = { ok: true, value: {} }, index = { ok: true, value: INDEX }, started }: Answers = {}) {
  const queries: GalleryQuery[] = [];
  const names: string[] = [];
  const gallery = { name: 'g', url: 'https://gallery.test/index.yaml', on_failure: 'omit' } as const;
  const services = {
    now: () => NOW,
    config: {
      ...config,
      policies: [...config.policies, { name: 'key', public_key: 'pem' }],
      galleries: [
        { ...gallery, policy: 'strict' },
        { ...gallery, name: 'k', policy: 'key' },
      ],
    },
  };
  const object = {
    view: async (_: string, query: GalleryQuery) => {
      queries.push(query);
      return view;
    },
    index: async () => index,
    start: async () => started ?? { state: 'started' },
  };
  const env = {
    GALLERIES: {
      getByName: (name: string) => {
        names.push(name);
        return object;
      },
    },
  };
  const app = new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set('environment', { services } as unknown as AppEnv['Variables']['environment']);
      await next();
    })
    .route('/v1/galleries', galleryRoutes)
    .onError(renderError);
  const request = (path: string, init: RequestInit = {}) => Promise.resolve(app.request(path, init, env));
  return { request, queries, names };
}

const codeOf = async (response: Response) =>
  `${response.status} ${((await response.json()) as { code?: string }).code ?? ''}`;

describe('GET /v1/galleries/:name', () => {
  it('asks for what the query says', async () => {
    const { request, queries, names } = setUp();
    const query =
      'code=VERIFIED&installs=branch&name=x&changed=true&not_before=2026-01-01&order=attention&limit=5&offset=10';
    expect((await request(`/v1/galleries/g?${query}`)).status).toBe(200);
    expect([names, queries]).toEqual([
      ['g'],
      [
        {
          code: 'VERIFIED',
          installs: 'branch',
          name: 'x',
          changed: true,
          not_before: '2026-01-01',
          order: 'attention',
          limit: 5,
          offset: 10,
        },
      ],
    ]);
  });

  it('gives a hundred entries where nobody says', async () => {
    const { request, queries } = setUp();
    await request('/v1/galleries/g');
    expect(queries).toEqual([{ changed: false, order: 'gallery', limit: 100, offset: 0 }]);
  });

  it.each([
    'installs=x',
    'changed=1',
    'not_before=yesterday',
    'not_before=5',
    'limit=-1',
    'limit=1001',
    'offset=x',
    'x=y',
  ])('refuses %s', async (query) => {
    expect(await codeOf(await setUp().request(`/v1/galleries/g?${query}`))).toBe('400 QUERY_INVALID');
  });

  it('does not know a gallery that is not configured, and creates none', async () => {
    const { request, names } = setUp();
    expect([await codeOf(await request('/v1/galleries/x')), names]).toEqual(['404 GALLERY_NOT_FOUND', []]);
  });
});

describe('POST /v1/galleries/:name/audits', () => {
  const post = { method: 'POST' };

  it.each(['started', 'running'] as const)('says that it is %s', async (state) => {
    const response = await setUp({ started: { state } }).request('/v1/galleries/g/audits', post);
    expect([response.status, await response.json()]).toEqual([202, { state }]);
  });

  it('says when to come again where the last was just now', async () => {
    const started: Started = { state: 'too_soon', not_before: NOW + 90_500 };
    const response = await setUp({ started }).request('/v1/galleries/g/audits', post);
    expect(response.headers.get('Retry-After')).toBe('91');
    expect(await codeOf(response)).toBe('429 AUDIT_TOO_SOON');
  });
});

describe('GET /v1/galleries/:name/index.yaml', () => {
  it('is YAML with an entity tag', async () => {
    const response = await setUp().request('/v1/galleries/g/index.yaml');
    expect(response.headers.get('Content-Type')).toBe('application/yaml; charset=utf-8');
    expect([response.headers.get('ETag'), await response.text()]).toEqual(['"ab"', INDEX.yaml]);
  });

  it.each([
    ['"ab"', 304],
    ['W/"x", W/"ab"', 304],
    ['*', 304],
    ['"x"', 200],
  ])('answers If-None-Match: %s with %s', async (tag, status) => {
    const headers = { 'If-None-Match': tag };
    expect((await setUp().request('/v1/galleries/g/index.yaml', { headers })).status).toBe(status);
  });

  it('asks for patience before the first audit', async () => {
    const index = { ok: false, code: 'AUDIT_PENDING', detail: 'x' } as const;
    const response = await setUp({ index }).request('/v1/galleries/g/index.yaml');
    expect(response.headers.get('Retry-After')).not.toBeNull();
    expect(await codeOf(response)).toBe('503 AUDIT_PENDING');
  });
});

describe('GET /v1/galleries/:name/gallery.yaml', () => {
  it("is a client's setting for the verified index", async () => {
    const response = await setUp().request('https://muster.test/v1/galleries/g/gallery.yaml');
    expect(parse(await response.text())).toEqual({
      name: 'g',
      url: 'https://muster.test/v1/galleries/g/index.yaml',
      verification: { issuer: 'i', identity: 's' },
    });
  });

  it('is none where the policy is for a managed key', async () => {
    expect(await codeOf(await setUp().request('/v1/galleries/k/gallery.yaml'))).toBe('404 POLICY_NOT_FOR_CLIENTS');
  });
});
