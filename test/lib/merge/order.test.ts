import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, compareArrival, missingOf, type Report } from '../../../src/lib/merge/arrivals/arrival.ts';
import { applyDirective } from '../../../src/lib/merge/arrivals/directive.ts';
import { expectationOf, joinReport } from '../../../src/lib/merge/arrivals/recording.ts';
import { type Fence, fenceMove } from '../../../src/lib/merge/tag-lock/tag-fence.ts';
import type { MergeRecord } from '../../../src/lib/merge/types.ts';
import type { PlannedMerge } from '../../../src/lib/runs/types.ts';
import { digestOf, makeArrival, makeRecord } from './make.ts';

const LEGS = ['amd64', 'arm64', 'armv7'] as const;
const SUFFIXES = ['-cpu-vllm', '-cpu-vllm-omni'] as const;
const PLAN: PlannedMerge = { tag_suffix: '', platform_tags: [...LEGS], tag_latest: 'auto', narrow: false };

/** What comes to the merges of one run: reports, and the plan. */
type Event = Report | 'plan';
type Merges = ReadonlyMap<string, MergeRecord>;

/** A leg of one merge, at one attempt: an attempt's digest is always the same. */
const report = fc.record({
  tag_suffix: fc.constantFrom(...SUFFIXES),
  platform_tag: fc.constantFrom(...LEGS),
  run_attempt: fc.integer({ min: 1, max: 3 }),
});
const digestFor = (suffix: string, leg: string, attempt: number) =>
  digestOf(
    '0123456789abcdef'[SUFFIXES.indexOf(suffix as never) * 8 + LEGS.indexOf(leg as never) * 2 + (attempt % 2)] ?? 'f',
  );

/** Events in some order, and the same ones in another, some of them twice. */
const twoOrders = fc.array(report, { minLength: 1, maxLength: 12 }).chain((reports) => {
  const events: Event[] = [
    'plan',
    ...reports.map((one) => ({ ...one, digest: digestFor(one.tag_suffix, one.platform_tag, one.run_attempt) })),
  ];
  const twice = fc.subarray(events);
  const shuffled = twice.chain((more) => {
    const all = [...events, ...more];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
  return fc.tuple(shuffled, shuffled);
});

/** What the Merge objects of a run do with what comes, but for their steps; `begins` says whether a step has begun. */
function replay(events: readonly Event[], begins: (at: number) => boolean): Merges {
  const merges = new Map<string, MergeRecord>();
  let planned: PlannedMerge | null = null;
  for (const [at, event] of events.entries()) {
    if (event === 'plan') {
      planned = PLAN;
      for (const [suffix, record] of merges)
        merges.set(suffix, applyDirective(record, { planned: PLAN, cancelled: false }, 'waiting'));
      continue;
    }
    const before = merges.get(event.tag_suffix);
    const recorded = before?.arrivals.find(({ platform_tag }) => platform_tag === event.platform_tag);
    if (compareArrival(recorded, event) !== 'new') continue;
    const expectation = expectationOf({ expect: {} }, event, planned, before?.expectation);
    const { digest, run_attempt, platform_tag } = event;
    const arrival: Arrival = { ...makeArrival(platform_tag, 'a'), digest, run_attempt };
    const directive = { planned, cancelled: false };
    const hasBegun = begins(at);
    merges.set(
      event.tag_suffix,
      joinReport(before, {
        subject: makeRecord().subject,
        report: event,
        arrival,
        expectation,
        directive,
        hasBegun,
      }),
    );
  }
  return merges;
}

/** All that decides what is published. */
function endOf(merges: Merges): object {
  return Object.fromEntries(
    [...merges].map(([suffix, { arrivals, expectation, run_attempt, narrow, tag_latest }]) => {
      const legs = arrivals.map(({ platform_tag, digest }) => [platform_tag, digest]);
      const missing = missingOf(
        expectation,
        arrivals.map(({ platform_tag }) => platform_tag),
      );
      return [suffix, { legs: Object.fromEntries(legs), missing, run_attempt, narrow, tag_latest }];
    }),
  );
}

describe('what has come, in whatever order', () => {
  it('ends in the same legs, and the same missing ones', () => {
    fc.assert(
      fc.property(twoOrders, fc.func(fc.boolean()), ([one, other], begins) => {
        expect(endOf(replay(one, () => false))).toEqual(endOf(replay(other, begins)));
      }),
    );
  });
  it('keeps of each leg the newest attempt, and of no sibling anything', () => {
    fc.assert(
      fc.property(twoOrders, ([events]) => {
        const merges = replay(events, () => true);
        for (const event of events) {
          if (event === 'plan') continue;
          const { tag_suffix, platform_tag } = event;
          const same = events.filter(
            (other) => other !== 'plan' && other.tag_suffix === tag_suffix && other.platform_tag === platform_tag,
          ) as Report[];
          const newest = Math.max(...same.map(({ run_attempt }) => run_attempt));
          const kept = merges.get(tag_suffix)?.arrivals.filter((arrival) => arrival.platform_tag === platform_tag);
          expect(kept).toMatchObject([{ run_attempt: newest, digest: digestFor(tag_suffix, platform_tag, newest) }]);
        }
      }),
    );
  });
  it('makes a new generation only where other bytes came after a step had begun', () => {
    fc.assert(
      fc.property(twoOrders, ([events]) => {
        for (const { generation } of replay(events, () => false).values()) expect(generation).toBe(1);
      }),
    );
  });
});

describe('the moves of one tag, in whatever order', () => {
  const move = fc.record({
    run_id: fc.constantFrom('9', '10', '9007199254740993', '9007199254740992'),
    run_attempt: fc.integer({ min: 1, max: 3 }),
  });
  const moves = fc
    .uniqueArray(move, {
      minLength: 1,
      maxLength: 8,
      selector: ({ run_id, run_attempt }) => `${run_id} ${run_attempt}`,
    })
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));

  it('leave the newest run, and its newest attempt', () => {
    fc.assert(
      fc.property(moves, (order) => {
        let fence: Fence | undefined;
        for (const { run_id, run_attempt } of order) {
          const next = {
            is_latest: false,
            run_id,
            run_attempt,
            ref: 'refs/heads/master',
            digest: `${run_id} ${run_attempt}`,
          };
          if (fenceMove(fence, next) === undefined) fence = next;
        }
        const newest = order.reduce((left, right) => {
          const [a, b] = [BigInt(left.run_id), BigInt(right.run_id)];
          return b > a || (b === a && right.run_attempt > left.run_attempt) ? right : left;
        });
        expect(fence).toMatchObject(newest);
      }),
    );
  });
  it('never go back to an older run, whatever came between', () => {
    fc.assert(
      fc.property(moves, (order) => {
        let fence: Fence | undefined;
        for (const { run_id, run_attempt } of order) {
          const next = { is_latest: true, run_id, run_attempt, ref: `refs/tags/v1.${run_attempt}.0`, digest: '' };
          if (fenceMove(fence, next) !== undefined) continue;
          const isForward =
            !fence ||
            BigInt(run_id) > BigInt(fence.run_id) ||
            (run_id === fence.run_id && run_attempt >= fence.run_attempt);
          expect(isForward).toBe(true);
          fence = next;
        }
      }),
    );
  });
});
