import { describe, expect, it } from 'vitest';
import { HttpError } from '../../src/lib/http-error.ts';
import { OciError } from '../../src/lib/oci/error.ts';
import { SigstoreError } from '../../src/lib/sigstore/error.ts';
import { BUNDLE_TYPE, INDEX_TYPE } from '../lib/gallery/fake-repository.ts';
import { addLayered, addSigned } from '../lib/gallery/pull-through/setup.ts';
import { NAME, refusalOf, withRegistry } from './registry-setup.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('GET /v2/', () => {
  it.each(['/v2', '/v2/'])('says at %s that it is a registry', (path) =>
    withRegistry(async ({ get }) => {
      const response = await get(path);
      expect(response.status).toBe(200);
      expect(response.headers.get('Docker-Distribution-API-Version')).toBe('registry/2.0');
    }),
  );
});

describe('GET /v2/…/manifests', () => {
  it.each(['q/a/b', 'localhost:5000/a/b'])('takes %s for alias or host', (name) =>
    withRegistry(async ({ get, fake, places }) => {
      await addSigned(fake);
      const { status } = await get(`/v2/${name}/manifests/v1`);
      // A port may not stand in a name: such a registry needs its alias.
      expect([status, places.map(({ host }) => host)]).toEqual(
        name.includes(':') ? [400, []] : [200, ['localhost:5000']],
      );
    }),
  );

  it('serves what verifies as it is upstream', () =>
    withRegistry(async ({ get, fake }) => {
      const { index } = await addSigned(fake);
      const response = await get(`/v2/${NAME}/manifests/v1`);
      expect(response.headers.get('Content-Type')).toBe(INDEX_TYPE);
      expect(response.headers.get('Docker-Content-Digest')).toBe(index.digest);
      expect(response.headers.get('ETag')).toBe(`"${index.digest}"`);
      expect(response.headers.get('Content-Length')).toBe(String(index.size));
      expect(response.headers.get('Muster-Verdict')).toBeNull();
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(fake.manifests.get(index.digest)?.bytes);
    }));

  it('serves a mirror’s client, which names the registry beside the path', () =>
    withRegistry(async ({ get, fake }) => {
      const { index } = await addSigned(fake);
      const response = await get('/v2/a/b/manifests/v1?ns=localhost:5000');
      expect(response.headers.get('Docker-Content-Digest')).toBe(index.digest);
    }));

  it.each([
    'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, */*',
    'application/vnd.docker.distribution.manifest.v2+json',
    'text/html;q=0.9, application/json;q=0',
  ])('serves what there is to a client that accepts %s', (accept) =>
    withRegistry(async ({ get, fake }) => {
      await addSigned(fake);
      const response = await get(`/v2/${NAME}/manifests/v1`, { Accept: accept });
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, INDEX_TYPE]);
    }),
  );

  it('answers HEAD with the same headers', () =>
    withRegistry(async ({ send, fake }) => {
      const { index } = await addSigned(fake);
      const response = await send('HEAD', `/v2/${NAME}/manifests/${index.digest}`);
      expect([response.status, await response.text()]).toEqual([200, '']);
      expect(response.headers.get('Docker-Content-Digest')).toBe(index.digest);
      expect(response.headers.get('Content-Length')).toBe(String(index.size));
    }));

  it.each([
    ['its tag', (digest: string) => `"${digest}"`, 304],
    ['a weak one among others', (digest: string) => `"x", W/"${digest}"`, 304],
    ['any', () => '*', 304],
    ['another', () => '"x"', 200],
  ])('answers If-None-Match with %s', (_, header, status) =>
    withRegistry(async ({ get, fake }) => {
      const { index } = await addSigned(fake);
      const response = await get(`/v2/${NAME}/manifests/v1`, { 'If-None-Match': header(index.digest) });
      expect([response.status, response.headers.get('ETag')]).toEqual([status, `"${index.digest}"`]);
    }),
  );

  it('refuses what does not verify, with the verdict', () =>
    withRegistry(async ({ get, fake }) => {
      const { image } = await addLayered(fake, 'amd64');
      const response = await get(`/v2/${NAME}/manifests/${image.digest}`);
      expect(response.status).toBe(403);
      expect(response.headers.get('Content-Type')).toContain('application/json');
      expect(await response.json()).toEqual({
        errors: [
          {
            code: 'DENIED',
            message: 'SIGNATURE_MISSING: no Sigstore bundle is attached',
            detail: { code: 'SIGNATURE_MISSING', detail: 'no Sigstore bundle is attached' },
          },
        ],
      });
    }));

  it('does not say 304 of what it refuses', () =>
    withRegistry(async ({ get, fake }) => {
      const { image } = await addLayered(fake, 'amd64');
      const { status } = await get(`/v2/${NAME}/manifests/${image.digest}`, { 'If-None-Match': '*' });
      expect(status).toBe(403);
    }));

  it('marks what a policy that only warns lets through', () =>
    withRegistry(
      async ({ get, fake }) => {
        const { image } = await addLayered(fake, 'amd64');
        const response = await get(`/v2/${NAME}/manifests/${image.digest}`);
        expect([response.status, response.headers.get('Muster-Verdict')]).toEqual([200, 'SIGNATURE_MISSING']);
      },
      { warnOnly: true },
    ));

  it.each([
    ['a registry that is not configured', `x/a/b/manifests/v1`, '404 NAME_UNKNOWN'],
    ['a host that only looks like one', `quay.io.evil/a/public/manifests/v1`, '404 NAME_UNKNOWN'],
    ['a repository that is no target', `q/a/c/manifests/v1`, '404 NAME_UNKNOWN'],
    ['a repository below a target', `q/a/b/c/manifests/v1`, '404 NAME_UNKNOWN'],
    ['a tag that is not there', `q/a/b/manifests/v2`, '404 MANIFEST_UNKNOWN'],
    ['a digest that is not there', `q/a/b/manifests/${DIGEST}`, '404 MANIFEST_UNKNOWN'],
    ['a digest that is none', 'q/a/b/manifests/sha256:totallywrong', '400 DIGEST_INVALID'],
    ['a slash in disguise', 'q%2fa/b/manifests/v1', '400 NAME_INVALID'],
    ['a doubled slash', 'q//a/b/manifests/v1', '400 NAME_INVALID'],
    ['a name that is too long', `q/${'a'.repeat(255)}/manifests/v1`, '400 NAME_INVALID'],
    ['a catalogue', '_catalog', '404 UNSUPPORTED'],
  ])('refuses %s', (_, path, refusal) =>
    withRegistry(async ({ get }) => {
      expect(await refusalOf(await get(`/v2/${path}`))).toBe(refusal);
    }),
  );

  it.each([
    ['a private repository', new OciError('UNAUTHORIZED', 'x'), '404 NAME_UNKNOWN'],
    ['a repository that is closed', new OciError('DENIED', 'x'), '404 NAME_UNKNOWN'],
    ['a busy registry', new HttpError('PEER_BUSY', 'x', { retryAfterMs: 30_000 }), '429 TOOMANYREQUESTS'],
    ['a registry that fails', new HttpError('PEER_FAILED', 'x'), '503 UNAVAILABLE'],
    ['a trusted root that cannot be used', new SigstoreError('ROOT_INVALID', 'x'), '503 UNAVAILABLE'],
    ['wrong bytes', new OciError('DIGEST_MISMATCH', 'x'), '502 UNKNOWN'],
    ['a registry that knows no HEAD', new OciError('UNSUPPORTED', 'x'), '502 UNKNOWN'],
    ['a confused manifest', new OciError('MANIFEST_INVALID', 'x'), '502 UNKNOWN'],
    ['what nobody foresaw', new TypeError('x'), '500 UNKNOWN'],
    ['an object that has too much to do', Object.assign(new Error('x'), { overloaded: true }), '503 UNAVAILABLE'],
  ])('answers for %s', (_, error, refusal) =>
    withRegistry(async ({ get, fake }) => {
      fake.errors.set('v1', error);
      expect(await refusalOf(await get(`/v2/${NAME}/manifests/v1`))).toBe(refusal);
    }),
  );

  it('hands the time to wait on', () =>
    withRegistry(async ({ get, fake }) => {
      fake.errors.set('v1', new HttpError('PEER_BUSY', 'x', { retryAfterMs: 29_500 }));
      expect((await get(`/v2/${NAME}/manifests/v1`)).headers.get('Retry-After')).toBe('30');
    }));
});

describe('GET /v2/…/referrers', () => {
  it('lists them as an index', () =>
    withRegistry(async ({ get, fake }) => {
      const { index, referrer } = await addSigned(fake);
      const response = await get(`/v2/${NAME}/referrers/${index.digest}`);
      expect(response.headers.get('Content-Type')).toBe(INDEX_TYPE);
      expect(response.headers.get('OCI-Filters-Applied')).toBeNull();
      expect(await response.json()).toEqual({
        schemaVersion: 2,
        mediaType: INDEX_TYPE,
        manifests: [{ ...referrer, artifactType: BUNDLE_TYPE }],
      });
    }));

  it.each([
    [[BUNDLE_TYPE], 1],
    [['application/spdx+json'], 0],
    [['application/spdx+json', BUNDLE_TYPE], 1],
  ])('keeps those of type %s', (types, length) =>
    withRegistry(async ({ get, fake }) => {
      const { index } = await addSigned(fake);
      const query = new URLSearchParams(types.map((type) => ['artifactType', type]));
      const response = await get(`/v2/${NAME}/referrers/${index.digest}?${query}`);
      expect(response.headers.get('OCI-Filters-Applied')).toBe('artifactType');
      expect((await response.json()) as object).toMatchObject({ manifests: { length } });
    }),
  );

  it('takes an empty type for none', () =>
    withRegistry(async ({ get, fake }) => {
      const { index } = await addSigned(fake);
      const response = await get(`/v2/${NAME}/referrers/${index.digest}?artifactType=`);
      expect(response.headers.get('OCI-Filters-Applied')).toBeNull();
      expect(await response.json()).toMatchObject({ manifests: { length: 1 } });
    }));

  it('lists nobody for a manifest that is not there', () =>
    withRegistry(async ({ get }) => {
      const response = await get(`/v2/${NAME}/referrers/${DIGEST}`);
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, INDEX_TYPE]);
      expect(await response.json()).toMatchObject({ manifests: [] });
    }));

  it.each([
    ['sha256:ab', '400 DIGEST_INVALID'],
    ['v1', '400 DIGEST_INVALID'],
  ])('refuses %s', (digest, refusal) =>
    withRegistry(async ({ get }) => {
      expect(await refusalOf(await get(`/v2/${NAME}/referrers/${digest}`))).toBe(refusal);
    }),
  );

  it('refuses those of an image that does not verify', () =>
    withRegistry(async ({ get, fake }) => {
      const { image } = await addLayered(fake, 'amd64');
      expect(await refusalOf(await get(`/v2/${NAME}/referrers/${image.digest}`))).toBe('403 DENIED');
    }));
});

describe('GET /v2/…/tags/list', () => {
  it('lists the tags upstream under the name that was asked for', () =>
    withRegistry(async ({ get, fake }) => {
      await addSigned(fake);
      expect(await (await get(`/v2/${NAME}/tags/list`)).json()).toEqual({ name: NAME, tags: ['v1'] });
    }));

  it('asks upstream for the page, and for nothing else', () =>
    withRegistry(async (setup) => {
      const queries: object[] = [];
      setup.pullTagPage = async (query) => {
        queries.push(query);
        return { tags: ['b'], next: { n: '1', next_page: 'x y' } };
      };
      const response = await setup.get(`/v2/${NAME}/tags/list?n=1&last=a&ns=docker.io`);
      expect(queries).toEqual([{ n: '1', last: 'a' }]);
      expect(response.headers.get('Link')).toBe(`</v2/${NAME}/tags/list?n=1&next_page=x+y&ns=docker.io>; rel="next"`);
    }));

  it.each(['-1', 'x', '1.5', ''])('refuses n=%s', (n) =>
    withRegistry(async ({ get }) => {
      expect(await refusalOf(await get(`/v2/${NAME}/tags/list?n=${n}`))).toBe('400 PAGINATION_NUMBER_INVALID');
    }),
  );

  it('does not know a repository that is not there', () =>
    withRegistry(async (setup) => {
      setup.pullTagPage = async () => undefined;
      expect(await refusalOf(await setup.get(`/v2/${NAME}/tags/list`))).toBe('404 NAME_UNKNOWN');
    }));
});

describe('writes', () => {
  it.each([
    ['PUT', `${NAME}/manifests/v1`],
    ['DELETE', `${NAME}/manifests/v1`],
    ['POST', `${NAME}/blobs/uploads/`],
    ['PATCH', `${NAME}/blobs/uploads/1`],
    ['PUT', 'no/such/manifests/x'],
  ])('refuses %s %s', (method, path) =>
    withRegistry(async ({ send }) => {
      const response = await send(method, `/v2/${path}`);
      expect(response.headers.get('Allow')).toBe('GET, HEAD');
      expect(await refusalOf(response)).toBe('405 UNSUPPORTED');
    }),
  );
});
