import { describe, expect, it } from 'vitest';
import { fetchGallery } from '../../../../src/lib/gallery/audit/fetch-gallery.ts';
import { createOpener } from '../../../../src/lib/gallery/audit/open.ts';
import { config } from '../../../routes/registry-setup.ts';
import { fakeCaller } from '../../fake-caller.ts';
import { FakeRepository } from '../fake-repository.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;

function setUp() {
  const opened: string[] = [];
  const repository = (host: string, how: string) => {
    opened.push(how);
    return { ...new FakeRepository().repository, host };
  };
  const open = createOpener({
    config,
    publicRegistry: (host) => ({ host, repository: (name) => repository(host, `anonymous ${host}/${name}`) }),
    ownRepository: (name) => repository('quay.io', `credentials ${name}`),
    now: () => 0,
  });
  /** How many calls a registry is asked for before the budget ends. */
  const count = async (host: string, method: 'headManifest' | 'pullManifest', most: number) => {
    for (let calls = 0; calls < most; calls += 1) {
      const refused = await open(host, 'a/b')
        [method](DIGEST)
        .catch((error: { code: string }) => error.code);
      if (refused === 'BUDGET_EXHAUSTED') return calls;
    }
    return most;
  };
  return { open, opened, count };
}

describe('createOpener', () => {
  it('reads anonymously what the configuration does not make public', () => {
    const { open, opened } = setUp();
    open('quay.io', 'a/warned');
    open('quay.io', 'a/public');
    expect(opened).toEqual(['anonymous quay.io/a/warned', 'credentials quay.io/a/public']);
  });

  it.each([
    ['3 000 requests of a registry', 'quay.io', 'headManifest', 3000],
    ['15 manifests of Docker Hub, which counts them', 'docker.io', 'pullManifest', 15],
    ['and as many HEADs of it as of others', 'docker.io', 'headManifest', 3000],
    ['anything of one on loopback', 'localhost:5000', 'pullManifest', 4000],
  ] as const)('allows an hour %s', async (_, host, method, budget) => {
    expect(await setUp().count(host, method, 4000)).toBe(budget);
  });
});

describe('fetchGallery', () => {
  const fetch = (response: () => Response) => fetchGallery(fakeCaller(response), 'https://gallery.test/index.yaml');

  it('gives the bytes', async () => {
    expect(new TextDecoder().decode(await fetch(() => new Response('- {}')))).toBe('- {}');
  });

  it.each([
    ['a file that is not there', () => new Response(null, { status: 404 }), 'GALLERY_UNAVAILABLE'],
    ['a server that fails', () => new Response(null, { status: 500 }), 'GALLERY_UNAVAILABLE'],
    ['a file that is too long', () => new Response('x'.repeat(1_500_001)), 'GALLERY_TOO_LARGE'],
  ])('refuses %s', async (_, response, code) => {
    await expect(fetch(response)).rejects.toMatchObject({ code });
  });
});
