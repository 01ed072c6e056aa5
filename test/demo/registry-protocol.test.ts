import { describe, expect, it } from 'vitest';
import { CONFIG, digestOf, IMAGE, INDEX, image, manifestOf, openRegistry, refusal } from './registry-setup.ts';

const SUBJECT = { mediaType: IMAGE, digest: digestOf('subject'), size: 7 };

describe('PUT manifests', () => {
  it('refuses a blob of another size', async () => {
    const { push } = await openRegistry();
    const config = { mediaType: 'a/b', digest: digestOf(CONFIG), size: 1 };
    expect(await refusal(await push('v1', image({ config })))).toEqual([400, 'MANIFEST_INVALID']);
  });
  it('refuses a child of another type', async () => {
    const { push } = await openRegistry();
    await push('v1', image());
    const child = { ...image().descriptor, mediaType: INDEX };
    expect(await refusal(await push('v2', manifestOf({ manifests: [child] }, INDEX)))).toEqual([
      400,
      'MANIFEST_INVALID',
    ]);
  });
  it('refuses a child of another size', async () => {
    const { push } = await openRegistry();
    await push('v1', image());
    const child = { ...image().descriptor, size: 1 };
    expect(await refusal(await push('v2', manifestOf({ manifests: [child] }, INDEX)))).toEqual([
      400,
      'MANIFEST_INVALID',
    ]);
  });
  it('takes a layer that is kept elsewhere', async () => {
    const { push } = await openRegistry();
    const mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
    const response = await push('v1', image({ layers: [{ mediaType, digest: digestOf('far'), size: 3 }] }));
    expect(response.status).toBe(201);
  });
  it('takes a Docker manifest list of Docker manifests', async () => {
    const { push } = await openRegistry();
    const config = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      digest: digestOf(CONFIG),
      size: CONFIG.length,
    };
    const child = manifestOf({ config, layers: [] }, 'application/vnd.docker.distribution.manifest.v2+json');
    await push(child.descriptor.digest, child);
    const list = manifestOf(
      { manifests: [child.descriptor] },
      'application/vnd.docker.distribution.manifest.list.v2+json',
    );
    expect((await push('v1', list)).status).toBe(201);
  });
  it('refuses more than 4 MiB', async () => {
    const { push } = await openRegistry();
    const annotations = { padding: 'x'.repeat(4 * 1024 * 1024) };
    expect(await refusal(await push('v1', image({ annotations })))).toEqual([413, 'SIZE_INVALID']);
  });
  it('refuses bytes of another digest', async () => {
    const { push } = await openRegistry();
    expect(await refusal(await push(digestOf('other'), image()))).toEqual([400, 'DIGEST_INVALID']);
  });
});

describe('GET tags/list', () => {
  const tagged = async (options: Parameters<typeof openRegistry>[0] = {}) => {
    const opened = await openRegistry(options);
    for (const tag of ['b', 'A', 'c', 'B']) await opened.push(tag, image());
    const list = async (query: string) => {
      const response = await opened.call('GET', `tags/list${query}`);
      return { tags: ((await response.json()) as { tags?: string[] }).tags, link: response.headers.get('Link') };
    };
    return { ...opened, list };
  };

  it('sorts without regard to case', async () => {
    expect((await (await tagged()).list('')).tags).toEqual(['A', 'B', 'b', 'c']);
  });
  it('goes on after the last tag, and ends without a link', async () => {
    expect(await (await tagged()).list('?n=2&last=B')).toEqual({ tags: ['b', 'c'], link: null });
  });
  it('cuts pages shorter than asked where it has a limit', async () => {
    const { list } = await tagged({ pageSize: 3 });
    expect(await list('?n=100')).toEqual({ tags: ['A', 'B', 'b'], link: '</v2/a/b/tags/list?n=3&last=b>; rel="next"' });
  });
  it('answers n=0 with nothing, and no link', async () => {
    expect(await (await tagged()).list('?n=0')).toEqual({ tags: [], link: null });
  });
  it('refuses a page of -1', async () => {
    const { call } = await tagged();
    expect(await refusal(await call('GET', 'tags/list?n=-1'))).toEqual([400, 'PAGINATION_NUMBER_INVALID']);
  });
  it('knows no repository that nothing was pushed to', async () => {
    const { registry } = await tagged();
    const response = await registry.fetch(new Request('http://registry.test/v2/none/tags/list'));
    expect(await refusal(response)).toEqual([404, 'NAME_UNKNOWN']);
  });
});

describe('GET referrers', () => {
  const referred = async (pageSize = 10) => {
    const opened = await openRegistry({ pageSize });
    for (const artifactType of ['x/one', 'x/two', ''])
      await opened.push(`t${artifactType.length}`, image({ artifactType, subject: SUBJECT }));
    return opened;
  };
  const read = async (response: Response) => {
    const { manifests } = (await response.json()) as { manifests: { artifactType: string }[] };
    return manifests.map(({ artifactType }) => artifactType);
  };

  it('falls back to the type of the config', async () => {
    const { call } = await referred();
    expect(await read(await call('GET', `referrers/${SUBJECT.digest}`))).toContain(
      'application/vnd.oci.image.config.v1+json',
    );
  });
  it('filters by type, and says so', async () => {
    const { call } = await referred();
    const response = await call('GET', `referrers/${SUBJECT.digest}?artifactType=x/two`);
    expect(response.headers.get('OCI-Filters-Applied')).toBe('artifactType');
    expect(await read(response)).toEqual(['x/two']);
  });
  it('answers an empty index where nothing refers', async () => {
    const { call } = await referred();
    const response = await call('GET', `referrers/${digestOf('lonely')}`);
    expect([response.status, response.headers.get('Content-Type'), await read(response)]).toEqual([200, INDEX, []]);
  });
  it('links from page to page', async () => {
    const { registry, call } = await referred(2);
    const first = await call('GET', `referrers/${SUBJECT.digest}`);
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('Link') ?? '')?.[1];
    const second = await registry.fetch(new Request(new URL(next ?? '', 'http://registry.test')));
    expect([(await read(first)).length, (await read(second)).length, second.headers.get('Link')]).toEqual([2, 1, null]);
  });
});

describe('an upload', () => {
  const begin = async () => {
    const opened = await openRegistry();
    const location = (await opened.call('POST', 'blobs/uploads/')).headers.get('Location') ?? '';
    return { ...opened, path: location.replace('/v2/a/b/', '') };
  };

  it('says how far it has come', async () => {
    const { call, path } = await begin();
    await call('PATCH', path, { body: 'abcd' });
    const response = await call('GET', path);
    expect([response.status, response.headers.get('Range')]).toEqual([204, '0-3']);
  });
  it('is gone once it is cancelled', async () => {
    const { call, path } = await begin();
    expect((await call('DELETE', path)).status).toBe(204);
    expect(await refusal(await call('GET', path))).toEqual([404, 'BLOB_UPLOAD_UNKNOWN']);
  });
  it('refuses a chunk that is not as long as it says', async () => {
    const { call, path } = await begin();
    const headers = { 'Content-Range': '0-9', 'Content-Length': '2' };
    expect(await refusal(await call('PATCH', path, { body: 'ab', headers }))).toEqual([400, 'BLOB_UPLOAD_INVALID']);
  });
  it('handles two calls one after the other', async () => {
    const { call, path } = await begin();
    let send: (() => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('ab'));
        send = () => {
          controller.enqueue(new TextEncoder().encode('cd'));
          controller.close();
        };
      },
    });
    const patch = call('PATCH', path, { body, duplex: 'half' } as RequestInit);
    const status = call('GET', path);
    send?.();
    await patch;
    expect((await status).headers.get('Range')).toBe('0-3');
  });
});

describe('GET and HEAD blobs', () => {
  const get = async (range: string) => {
    const { call } = await openRegistry();
    return call('GET', `blobs/${digestOf(CONFIG)}`, { headers: { Range: range } });
  };
  it('answers a range', async () => {
    const response = await get('bytes=2-3');
    expect([response.status, response.headers.get('Content-Range'), await response.text()]).toEqual([
      206,
      `bytes 2-3/${CONFIG.length}`,
      CONFIG.slice(2, 4),
    ]);
  });
  it('answers the end', async () => {
    expect(await (await get('bytes=-4')).text()).toBe(CONFIG.slice(-4));
  });
  it('refuses what lies beyond', async () => {
    expect((await get('bytes=900-')).status).toBe(416);
  });
  it('forgets a blob that is deleted', async () => {
    const { call } = await openRegistry();
    expect((await call('DELETE', `blobs/${digestOf(CONFIG)}`)).status).toBe(202);
    expect((await call('HEAD', `blobs/${digestOf(CONFIG)}`)).status).toBe(404);
  });
});

describe('DELETE manifests', () => {
  it('tells observers of every tag that goes with a digest', async () => {
    const { registry, call, push } = await openRegistry();
    const { digest } = image().descriptor;
    for (const tag of ['v1', 'v2']) await push(tag, image());
    const gone: string[] = [];
    registry.onWrite((write) => write.kind === 'delete' && gone.push(write.reference));
    await call('DELETE', `manifests/${digest}`);
    expect(gone).toEqual(['v1', 'v2', digest]);
  });
});

describe('POST blobs/uploads with mount', () => {
  const auth = { username: 'ci', password: 'secret', origin: 'http://registry.test' };
  it('wants to pull from the source, too', async () => {
    const { call } = await openRegistry({ auth });
    const response = await call('POST', `blobs/uploads/?mount=${digestOf('x')}&from=c/d`);
    expect(response.headers.get('WWW-Authenticate')).toContain('scope="repository:a/b:pull,push repository:c/d:pull"');
  });
});
