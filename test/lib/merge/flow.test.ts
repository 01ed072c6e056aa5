import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLOW, type JournalEntry, readyTasks, taskKey, tasksOf } from '../../../src/lib/merge/flow.ts';
import { done, failed } from './make.ts';

const targets = ['quay.io/a', 'docker.io/b'];
const merge = (step: JournalEntry['step']) => ({ step, target: '' });
const at = (step: JournalEntry['step'], target: string) => ({ step, target });

describe('tasksOf', () => {
  it('has each step of a target once a target', () => {
    expect(tasksOf(targets).filter(({ step }) => step === 'tag')).toEqual([
      at('tag', 'quay.io/a'),
      at('tag', 'docker.io/b'),
    ]);
  });
});

describe('readyTasks', () => {
  it('begins with reading', () => {
    expect(readyTasks([], targets, 0)).toEqual([merge('read')]);
  });

  it('pushes while it signs', () => {
    const steps = readyTasks([done(merge('read'))], targets, 0).map(({ step }) => step);
    expect(steps).toEqual(['sign', 'push', 'push']);
  });

  it('attaches only what is signed', () => {
    const journal = [done(merge('read')), done(at('push', 'quay.io/a')), done(at('push', 'docker.io/b'))];
    expect(readyTasks(journal, targets, 0)).toEqual([merge('sign')]);
  });

  it('tags one registry while the other is down', () => {
    const journal = [
      done(merge('read')),
      done(merge('sign')),
      ...(['push', 'stage', 'attach', 'list', 'verify'] as const).map((step) => done(at(step, 'quay.io/a'))),
      failed(at('push', 'docker.io/b'), 'PEER_UNREACHABLE', 9_000),
    ];
    expect(readyTasks(journal, targets, 1_000)).toEqual([at('stage', 'docker.io/b'), at('tag', 'quay.io/a')]);
  });

  it('waits out a pause', () => {
    const journal = [failed(merge('read'), 'PEER_BUSY', 5_000)];
    expect(readyTasks(journal, targets, 4_999)).toEqual([]);
  });

  it('tries again after the pause', () => {
    const journal = [failed(merge('read'), 'PEER_BUSY', 5_000)];
    expect(readyTasks(journal, targets, 5_000)).toEqual([merge('read')]);
  });

  it('leaves alone what no retry would mend', () => {
    expect(readyTasks([failed(merge('read'), 'SOURCE_GONE')], targets, 1e15)).toEqual([]);
  });

  it('repeats a step that a kill left running', () => {
    const running: JournalEntry = { ...merge('read'), state: 'running', started_at: 1 };
    expect(readyTasks([running], targets, 2)).toEqual([merge('read')]);
  });

  it('releases the anchors only when every target is tagged', () => {
    const all = tasksOf(targets).filter(
      ({ step, target }) => step !== 'release' && !(step === 'tag' && target === 'docker.io/b'),
    );
    expect(
      readyTasks(
        all.map((task) => done(task)),
        targets,
        0,
      ),
    ).toEqual([at('tag', 'docker.io/b')]);
  });

  it('ends in the same state whatever order the tasks end in', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (choices) => {
        const journal: JournalEntry[] = [];
        const order: string[] = [];
        for (let ready = readyTasks(journal, targets, 0); ready.length > 0; ready = readyTasks(journal, targets, 0)) {
          const task = ready[(choices.next().value ?? 0) % ready.length];
          if (!task) break;
          journal.push(done(task));
          order.push(taskKey(task));
        }
        expect(new Set(order)).toEqual(new Set(tasksOf(targets).map(taskKey)));
        for (const target of targets)
          expect(order.indexOf(`tag ${target}`)).toBeGreaterThan(order.indexOf(`verify ${target}`));
        expect(order.at(-1)).toBe('release ');
      }),
    );
  });
});

describe('FLOW', () => {
  it('verifies between attaching and tagging', () => {
    expect(FLOW.find(({ name }) => name === 'tag')?.after).toEqual(['list', 'verify']);
    expect(FLOW.find(({ name }) => name === 'verify')?.after).toEqual(['attach']);
  });
});
