import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../../src/lib/oci/registry.ts';
import { type Answer, fakeCaller } from '../fake-caller.ts';

function setUp(answer: Answer) {
  const caller = fakeCaller(answer);
  const options = { caller, host: 'registry.test', origin: 'https://registry.test', realms: [] };
  return { ...createRegistry(options).repository('a/b'), caller };
}

const page = (link?: string) => () => Response.json({ tags: ['b', 'a'] }, link ? { headers: { Link: link } } : {});

describe('pullTagPage', () => {
  it('asks for a page, and keeps its order', async () => {
    const { pullTagPage, caller } = setUp(page());
    expect(await pullTagPage({ n: '2', last: 'x y' })).toEqual({ tags: ['b', 'a'] });
    expect(caller.calls()).toEqual(['GET /v2/a/b/tags/list?n=2&last=x+y']);
  });

  it('tells what to ask for next', async () => {
    const { pullTagPage } = setUp(page('</v2/a/b/tags/list?n=2&next_page=abc%3D&x=1>; rel="next"'));
    expect(await pullTagPage({ n: '2' })).toMatchObject({ next: { n: '2', next_page: 'abc=' } });
  });

  it('takes null for no tags', async () => {
    expect(await setUp(() => Response.json({ tags: null })).pullTagPage({})).toEqual({ tags: [] });
  });

  it('does not know a repository that is not there', async () => {
    expect(await setUp(() => new Response(null, { status: 404 })).pullTagPage({})).toBeUndefined();
  });

  it.each([
    ['a next page elsewhere', page('<https://evil.test/v2/a/b/tags/list?n=1>; rel="next"'), 'LINK_INVALID'],
    ['what is no list', () => Response.json({}), 'MANIFEST_INVALID'],
    ['a closed repository', () => new Response(null, { status: 403 }), 'DENIED'],
  ])('refuses %s', async (_, answer, code) => {
    await expect(setUp(answer).pullTagPage({})).rejects.toMatchObject({ code });
  });
});
