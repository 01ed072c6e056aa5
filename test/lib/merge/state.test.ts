import { describe, expect, it } from 'vitest';
import { type JournalEntry, tasksOf } from '../../../src/lib/merge/flow.ts';
import { isFinished, viewMerge, viewStep } from '../../../src/lib/merge/state.ts';
import { digestOf, done, failed, makeArrival, makeRecord, makeTarget } from './make.ts';

const names = ['quay.io/a/b', 'docker.io/a/b'];
const targets = names.map((name) => makeTarget(name));
const tag = (target: string, state: string, name = 'master-cpu-bar'): JournalEntry =>
  done({ step: 'tag', target }, { tags: [{ name, state, reason: 'why' }] });
const stateOf = (journal: readonly JournalEntry[], hasIdentity = false, record = makeRecord()) =>
  viewMerge(record, journal, targets, hasIdentity);

describe('viewMerge', () => {
  it('waits while a leg is missing', () => {
    const view = stateOf([], true, makeRecord({ arrivals: [makeArrival('arm64', 'b')] }));
    expect(view).toMatchObject({ state: 'waiting', missing: ['amd64'] });
  });
  it('says that nobody named the legs', () => {
    const { expectation: _, ...record } = makeRecord();
    expect(stateOf([], true, record)).toMatchObject({ state: 'waiting', missing: null, expected: null });
  });
  it('needs a token where none was lent', () => {
    expect(stateOf([])).toMatchObject({ state: 'needs_token' });
  });
  it('says why the token was not used', () => {
    expect(stateOf([], false, makeRecord({ token_refused: 'not of role sign' })).reason).toBe('not of role sign');
  });
  it('needs no token once it is signed', () => {
    expect(stateOf([done({ step: 'sign', target: '' }, signed)])).toMatchObject({ state: 'merging' });
  });
  it('is published when every target is tagged', () => {
    expect(stateOf(names.map((name) => tag(name, 'set'))).state).toBe('published');
  });
  it('is superseded when every tag is newer already', () => {
    expect(stateOf(names.map((name) => tag(name, 'superseded'))).state).toBe('superseded');
  });
  it('is published when one tag moved', () => {
    expect(stateOf([tag(names[0] ?? '', 'superseded'), tag(names[1] ?? '', 'moved')]).state).toBe('published');
  });
  it('fails as NARROWER when a tag was held', () => {
    expect(stateOf([tag(names[0] ?? '', 'set'), tag(names[1] ?? '', 'held')])).toMatchObject({
      state: 'failed',
      code: 'NARROWER',
    });
  });
  it('retries at the earliest pause', () => {
    const journal = [
      done({ step: 'sign', target: '' }, signed),
      failed({ step: 'push', target: names[0] ?? '' }, 'PEER_BUSY', 9_000),
      failed({ step: 'push', target: names[1] ?? '' }, 'PEER_BUSY', 8_000),
    ];
    expect(stateOf(journal)).toMatchObject({ state: 'retrying', code: 'PEER_BUSY', retry_at: 8_000 });
  });
  it('fails where no retry helps', () => {
    expect(stateOf([failed({ step: 'read', target: '' }, 'SOURCE_GONE')], true)).toMatchObject({
      state: 'failed',
      code: 'SOURCE_GONE',
    });
  });
  it('is cancelled before anything else', () => {
    expect(stateOf([], true, makeRecord({ cancelled: true })).state).toBe('cancelled');
  });
  it('fails as NO_TARGET where every target is skipped', () => {
    const skipped = [makeTarget('quay.io/a/b', 'no credential for quay.io')];
    expect(viewMerge(makeRecord(), [], skipped, true)).toMatchObject({ state: 'failed', code: 'NO_TARGET' });
  });
  it('says of each target how it stands', () => {
    const journal = [
      tag(names[0] ?? '', 'set'),
      failed({ step: 'push', target: names[1] ?? '' }, 'PEER_TIMEOUT', 5_000),
    ];
    const { targets: views } = stateOf(journal, true);
    expect(views.map(({ state }) => state)).toEqual(['published', 'retrying']);
  });
  it('shows the signature, without the bundle', () => {
    const view = stateOf([done({ step: 'sign', target: '' }, signed)]);
    expect(view.signature).toEqual({
      bundle_digest: digestOf('f'),
      log_index: '7',
      identity: 'https://github.com/a/b',
      signed_at: '1970-01-01T00:00:02.000Z',
    });
  });
});

describe('viewStep', () => {
  it('gives times and what went wrong', () => {
    expect(viewStep(failed({ step: 'push', target: 'quay.io/a' }, 'DENIED'))).toEqual({
      step: 'push',
      target: 'quay.io/a',
      state: 'failed',
      at: '1970-01-01T00:00:01.000Z',
      ms: 10,
      detail: 'DENIED: it says DENIED',
    });
  });
});

describe('isFinished', () => {
  const all = tasksOf(names).map((task) => done(task));
  it('wants every task done', () => {
    expect(isFinished(all, names)).toBe(true);
  });
  it('misses the last one', () => {
    expect(isFinished(all.slice(0, -1), names)).toBe(false);
  });
});

const signed = {
  bundle: '{}',
  bundle_digest: digestOf('f'),
  log_index: '7',
  signed_at: 2_000,
  identity: 'https://github.com/a/b',
};
