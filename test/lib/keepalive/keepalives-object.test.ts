import { describe, expect, it } from 'vitest';
import { HOUR, withKeepalives } from './setup.ts';

const WEEK = 168 * HOUR;

describe('KeepalivesObject', () => {
  it('removes the anchors of a merge that is done, and no other', () =>
    withKeepalives({}, async ({ anchor, stand, push, sweep, tags, object }) => {
      await anchor({ run: '1', suffix: '-a' });
      await anchor({ run: '1', suffix: '-a-b' });
      await anchor({ run: '1', suffix: '' });
      await push('something-else', 'x');
      stand('1', '-a', 'published');
      stand('1', '-a-b', 'waiting');
      stand('1', '', 'superseded');
      await sweep();
      expect(tags()).toEqual(['keepalive-1-a-b-amd64', 'something-else']);
      expect(object().view().last).toMatchObject({ tags: 3, removed: { done: 2 }, kept: { needed: 1 } });
    }));

  it('deletes by tag, never by digest', () =>
    withKeepalives({}, async ({ anchor, push, stand, sweep, tags, registry }) => {
      await anchor({ run: '1', suffix: '-a', content: 'same' });
      await push('kept', 'same');
      stand('1', '-a', 'published');
      await sweep();
      expect(tags()).toEqual(['kept']);
      expect(registry.calls.filter(({ method }) => method === 'DELETE').map(({ path }) => path)).toEqual([
        '/v2/team/cache/manifests/keepalive-1-a-amd64',
      ]);
    }));

  it('leaves a tag that holds something else now', () =>
    withKeepalives({}, async ({ anchor, push, stand, sweep, tags, object }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      await push(tag, 'another');
      stand('1', '-a', 'published');
      await sweep();
      expect([tags(), object().view().last?.kept]).toEqual([[tag], { changed: 1 }]);
    }));

  it('leaves the anchor of a merge that is taking a report in', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, object }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      await sweep();
      await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'arriving');
      await sweep();
      expect([tags(), object().view().last?.kept]).toEqual([[tag], { needed: 1 }]);
    }));

  it('leaves an anchor that is made anew while it is judged', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, registry }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      let again: Promise<string> | undefined;
      // The anchor comes with the judgement's own look at the tag.
      registry.faults.add({
        kind: 'status',
        match: (request) => {
          if (request.method === 'HEAD' && !again) again = anchor({ run: '1', suffix: '-a', content: 'newer' });
          return false;
        },
      });
      await sweep();
      await again;
      expect(registry.calls.map(({ method }) => method)).not.toContain('DELETE');
      expect(tags()).toEqual([tag]);
    }));

  it('removes the anchors of a run that is abandoned', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags, advance, object }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'waiting');
      advance(48 * HOUR);
      await sweep();
      expect(tags()).toEqual([tag]);
      advance(1);
      await sweep();
      expect([tags(), object().view().last?.removed]).toEqual([[], { abandoned: 1 }]);
    }));

  it('keeps every anchor of a run in which something happened', () =>
    withKeepalives({}, async ({ anchor, stand, touch, sweep, tags, advance }) => {
      await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'waiting');
      advance(47 * HOUR);
      touch('1');
      advance(2 * HOUR);
      await sweep();
      expect(tags()).toHaveLength(1);
    }));

  it('keeps the tag that an empty suffix and -core share, until both are done', () =>
    withKeepalives({}, async ({ anchor, stand, sweep, tags }) => {
      await anchor({ run: '1', suffix: '', content: 'same' });
      await anchor({ run: '1', suffix: '-core', content: 'same' });
      stand('1', '', 'published');
      stand('1', '-core', 'waiting');
      await sweep();
      expect(tags()).toHaveLength(1);
      stand('1', '-core', 'published');
      await sweep();
      expect(tags()).toEqual([]);
    }));

  it('deletes nothing in shadow', () =>
    withKeepalives({ project: { shadow: true } }, async ({ anchor, stand, sweep, tags, object }) => {
      await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      await sweep();
      expect([tags().length, object().view().last?.kept]).toEqual([1, { shadow: 1 }]);
    }));

  it('only says what it would delete in a dry run', () =>
    withKeepalives({ project: { keepalive_dry_run: true } }, async ({ anchor, stand, sweep, tags, object }) => {
      const tag = await anchor({ run: '1', suffix: '-a' });
      stand('1', '-a', 'published');
      await sweep();
      expect(tags()).toEqual([tag]);
      expect(object().view().last).toMatchObject({ removed: {}, would_remove: { done: 1 }, examples: [tag] });
    }));
});

describe('the anchors of others', () => {
  const TAG = 'keepalive-9-cpu-x-amd64';

  it('stay for good where nobody allowed their removal', () =>
    withKeepalives({}, async ({ push, sweep, tags, advance, object }) => {
      await push(TAG, 'x');
      await sweep();
      advance(100 * WEEK);
      await sweep();
      expect([tags(), object().view().last?.kept]).toEqual([[TAG], { foreign: 1 }]);
    }));

  describe('when they may be removed', () => {
    const options = { project: { keepalive_foreign: true } };

    it('go a week after they were first seen', () =>
      withKeepalives(options, async ({ push, sweep, tags, advance, object }) => {
        await push(TAG, 'x');
        await sweep();
        advance(WEEK);
        await sweep();
        expect([tags(), object().view().last?.kept]).toEqual([[TAG], { young: 1 }]);
        advance(1);
        await sweep();
        expect([tags(), object().view().last?.removed]).toEqual([[], { foreign: 1 }]);
      }));
    it('stay a week longer where they were made anew', () =>
      withKeepalives(options, async ({ push, sweep, tags, advance }) => {
        await push(TAG, 'x');
        await sweep();
        advance(WEEK + 1);
        await push(TAG, 'y');
        await sweep();
        expect(tags()).toEqual([TAG]);
        advance(WEEK + 1);
        await sweep();
        expect(tags()).toEqual([]);
      }));
    it('stay while their run is not over', () =>
      withKeepalives(options, async ({ push, sweep, tags, advance, openRuns }) => {
        await push(TAG, 'x');
        openRuns.push('9');
        await sweep();
        advance(2 * WEEK);
        await sweep();
        expect(tags()).toEqual([TAG]);
      }));
    it('never take along what is no anchor', () =>
      withKeepalives(options, async ({ push, sweep, tags, advance }) => {
        for (const tag of ['keepalive', 'keepalive-x', 'cache-1', 'v1', 'keepalived-1-a-amd64']) await push(tag, 'x');
        await sweep();
        advance(2 * WEEK);
        await sweep();
        expect(tags()).toHaveLength(5);
      }));
  });
});
