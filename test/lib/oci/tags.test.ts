import { describe, expect, it } from 'vitest';
import type { Repository } from '../../../src/lib/oci/repository.ts';
import { bodyOf } from '../fake-caller.ts';
import { clientOf } from './fake-registry.ts';

const page = (tags: readonly string[] | null, next?: string) =>
  new Response(JSON.stringify({ name: 'team/app', tags }), { headers: next ? { Link: `<${next}>; rel="next"` } : {} });

async function collect(repository: Repository): Promise<string[]> {
  const tags: string[] = [];
  for await (const some of repository.listTags()) tags.push(...some);
  return tags;
}

describe('listTags', () => {
  it('follows the pages', async () => {
    const { caller, repository } = clientOf(({ url }) => {
      const last = url.searchParams.get('last');
      if (last === null) return page(['a'], '/v2/team/app/tags/list?last=a&n=1000');
      return last === 'a' ? page(['b'], '?last=b') : page(['c']);
    });
    expect(await collect(repository)).toEqual(['a', 'b', 'c']);
    expect(caller.calls()[0]).toBe('GET /v2/team/app/tags/list?n=1000');
  });
  it('stops where its reader does', async () => {
    const { caller, repository } = clientOf((_, count) => page([String(count)], `?last=${count}`));
    for await (const _ of repository.listTags()) if (caller.seen.length === 2) break;
    expect(caller.seen).toHaveLength(2);
  });
  it('finds none where tags are null', async () =>
    expect(await collect(clientOf(() => page(null)).repository)).toEqual([]));
  it('finds none where there is no repository', async () =>
    expect(await collect(clientOf(() => new Response('{}', { status: 404 })).repository)).toEqual([]));
  it('asks again for a page that breaks off', async () => {
    const { repository } = clientOf((_, count) =>
      count === 0 ? new Response(bodyOf(['{"tags":["a"'], 'break')) : page(['a']),
    );
    expect(await collect(repository)).toEqual(['a']);
  });

  describe('when the pages go wrong', () => {
    it('ends a loop of two pages', async () => {
      const { caller, repository } = clientOf(({ url }) =>
        page([], url.searchParams.get('last') === 'a' ? '?last=b' : '?last=a'),
      );
      await expect(collect(repository)).rejects.toMatchObject({ code: 'LINK_INVALID' });
      expect(caller.seen).toHaveLength(3);
    });
    it('ends a list without an end', async () => {
      const { caller, repository } = clientOf((_, count) => page([], `?last=${count}`));
      await expect(collect(repository)).rejects.toMatchObject({ code: 'LINK_INVALID' });
      expect(caller.seen).toHaveLength(2000);
    });
    it('asks no other host', async () => {
      const { caller, repository } = clientOf(() => page([], 'https://evil.test/v2/'));
      await expect(collect(repository)).rejects.toMatchObject({ code: 'LINK_INVALID' });
      expect(caller.seen).toHaveLength(1);
    });
    it.each([
      ['tags that are no texts', '{"tags":[1]}', 'MANIFEST_INVALID'],
      ['another document', '{}', 'MANIFEST_INVALID'],
      ['HTML', '<html>', 'PEER_FAILED'],
      ['more than 1 MiB', `{"tags":["${'a'.repeat(1024 * 1024)}"]}`, 'BODY_TOO_LARGE'],
    ])('refuses %s', async (_, body, code) =>
      expect(collect(clientOf(() => new Response(body)).repository)).rejects.toMatchObject({ code }),
    );
    it('takes a refusal for one', async () =>
      expect(collect(clientOf(() => new Response(null, { status: 403 })).repository)).rejects.toMatchObject({
        code: 'DENIED',
      }));
  });
});

describe('deleteTag', () => {
  const answering = (status: number) => clientOf(() => new Response(null, { status }));

  it.each([200, 202, 204])('takes %i for done', async (status) =>
    expect(await answering(status).repository.deleteTag('v1')).toBe('deleted'),
  );
  it('takes 404 for gone', async () => expect(await answering(404).repository.deleteTag('v1')).toBe('absent'));
  it('names the tag only', async () => {
    const { caller, repository } = answering(202);
    await repository.deleteTag('v1');
    expect(caller.calls()).toEqual(['DELETE /v2/team/app/manifests/v1']);
  });
  it('never deletes a digest, with all its tags', async () => {
    const { caller, repository } = answering(202);
    await expect(repository.deleteTag(`sha256:${'a'.repeat(64)}`)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' });
    expect(caller.seen).toEqual([]);
  });
  it.each([
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [405, 'UNSUPPORTED'],
    [400, 'UNEXPECTED_STATUS'],
  ])('takes %i for %s', async (status, code) =>
    expect(answering(status).repository.deleteTag('v1')).rejects.toMatchObject({ code }),
  );
});
