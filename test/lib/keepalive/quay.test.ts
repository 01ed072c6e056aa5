import { describe, expect, it } from 'vitest';
import { createQuayApi } from '../../../src/lib/keepalive/quay.ts';
import { removeTag } from '../../../src/lib/keepalive/remove-tag.ts';
import { type Answer, type FakeCaller, fakeCaller } from '../fake-caller.ts';
import { digestOf } from '../merge/make.ts';
import { clientOf } from '../oci/fake-registry.ts';

const BASE = '/api/v1/repository/a/cache/tag/';

function quayOf(answer: Answer): { caller: FakeCaller; quay: ReturnType<typeof createQuayApi> } {
  const caller = fakeCaller(answer);
  return { caller, quay: createQuayApi({ caller, origin: 'https://quay.io', token: 'canary', repository: 'a/cache' }) };
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    ({ code }) => code as string,
  );

describe('createQuayApi', () => {
  it('sends its token as a bearer', async () => {
    const { caller, quay } = quayOf(() => Response.json({ tags: [] }));
    await quay.pullDatedTags(1);
    expect(caller.seen[0]?.headers.get('Authorization')).toBe('Bearer canary');
  });
  it('asks for living tags of an anchor’s form, a page at a time', async () => {
    const { caller, quay } = quayOf(() => Response.json({ tags: [] }));
    await quay.pullDatedTags(7);
    expect(caller.calls()).toEqual([
      `GET ${BASE}?onlyActiveTags=true&filter_tag_name=like:keepalive-&limit=100&page=7`,
    ]);
  });
  it('reads since when a tag holds what it holds', async () => {
    const tags = [
      { name: 'keepalive-1-a-amd64', start_ts: 1_717_680_780, manifest_digest: digestOf('a'), reversion: false },
      { name: 'keepalive-2-a-amd64', manifest_digest: digestOf('a') },
    ];
    const { quay } = quayOf(() => Response.json({ tags, page: 1, has_additional: true }));
    expect(await quay.pullDatedTags(1)).toEqual({
      tags: [{ tag: 'keepalive-1-a-amd64', digest: digestOf('a'), started_at: 1_717_680_780_000 }],
      more: true,
    });
  });
  it('ends where a page is empty, whatever it says of more', async () => {
    const { quay } = quayOf(() => Response.json({ tags: [], has_additional: true }));
    expect((await quay.pullDatedTags(1)).more).toBe(false);
  });
  it.each([
    [401, 'QUAY_REFUSED'],
    [403, 'QUAY_REFUSED'],
    [400, 'QUAY_UNEXPECTED'],
  ])('says that %i is %s, and nothing of its token', async (status, code) => {
    const { quay } = quayOf(() => new Response('canary', { status }));
    const error = await quay.deleteTag('x').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain('canary');
  });
  it('refuses a list that is none', async () => {
    const { quay } = quayOf(() => Response.json({ tags: 'x' }));
    expect(await codeOf(quay.pullDatedTags(1))).toBe('QUAY_UNEXPECTED');
  });
});

describe('removeTag', () => {
  const refusing = (status: number) => clientOf(() => new Response(null, { status })).repository;

  it('deletes by tag', async () => {
    const { caller, repository } = clientOf(() => new Response(null, { status: 202 }));
    expect(await removeTag(repository, undefined, 'x')).toBe('deleted');
    expect(caller.calls()).toEqual(['DELETE /v2/team/app/manifests/x']);
  });
  it.each([403, 405])('takes Quay’s API where the registry answers %i', async (status) => {
    const { caller, quay } = quayOf(() => new Response(null, { status: 204 }));
    expect(await removeTag(refusing(status), quay, 'x')).toBe('deleted');
    expect(caller.calls()).toEqual([`DELETE ${BASE}x`]);
  });
  it('says what the registry refused where there is no second way', async () => {
    expect(await codeOf(removeTag(refusing(403), undefined, 'x'))).toBe('DENIED');
  });
  it('does not ask Quay’s API where the registry is down', async () => {
    const { caller, quay } = quayOf(() => new Response(null, { status: 204 }));
    expect(await codeOf(removeTag(refusing(503), quay, 'x'))).toBe('PEER_FAILED');
    expect(caller.calls()).toEqual([]);
  });
});
