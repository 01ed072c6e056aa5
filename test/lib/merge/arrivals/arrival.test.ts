import { describe, expect, it } from 'vitest';
import {
  anchorTag,
  compareArrival,
  joinExpectations,
  missingOf,
  platformOfTag,
} from '../../../../src/lib/merge/arrivals/arrival.ts';
import { digestOf } from '../make.ts';

const first = { digest: digestOf('a'), run_attempt: 1 };

describe('compareArrival', () => {
  it('takes the first report', () => {
    expect(compareArrival(undefined, first)).toBe('new');
  });
  it('knows a report that is repeated', () => {
    expect(compareArrival(first, first)).toBe('same');
  });
  it('refuses another digest in the same attempt', () => {
    expect(compareArrival(first, { digest: digestOf('b'), run_attempt: 1 })).toBe('conflict');
  });
  it('lets a newer attempt bring another digest', () => {
    expect(compareArrival(first, { digest: digestOf('b'), run_attempt: 2 })).toBe('new');
  });
  it('ignores an older attempt', () => {
    expect(compareArrival({ ...first, run_attempt: 2 }, { digest: digestOf('b'), run_attempt: 1 })).toBe('older');
  });
});

describe('joinExpectations', () => {
  const report = { platform_tags: ['amd64', 'arm64'], authority: 'report' } as const;

  it('does not mind the order', () => {
    const other = { platform_tags: ['arm64', 'amd64'], authority: 'configuration' } as const;
    expect(joinExpectations(report, other)).toBe(other);
  });
  it('keeps the higher authority', () => {
    const plan = { ...report, authority: 'plan' } as const;
    expect(joinExpectations(plan, report)).toBe(plan);
  });
  it('refuses a report that disagrees with the plan', () => {
    const plan = { platform_tags: ['amd64'], authority: 'plan' } as const;
    expect(() => joinExpectations(plan, report)).toThrow(expect.objectContaining({ code: 'EXPECT_CONFLICT' }));
  });
  it('refuses two reports that disagree', () => {
    const other = { platform_tags: ['amd64'], authority: 'report' } as const;
    expect(() => joinExpectations(report, other)).toThrow(expect.objectContaining({ code: 'EXPECT_CONFLICT' }));
  });
  it('lets a later plan correct what a report said', () => {
    const plan = { platform_tags: ['amd64'], authority: 'plan' } as const;
    expect(joinExpectations(report, plan)).toBe(plan);
  });
});

describe('missingOf', () => {
  it('is null where nobody said what is expected', () => {
    expect(missingOf(undefined, ['amd64'])).toBeNull();
  });
  it('names what has not arrived, sorted', () => {
    expect(missingOf({ platform_tags: ['s390x', 'arm64', 'amd64'], authority: 'plan' }, ['amd64'])).toEqual([
      'arm64',
      's390x',
    ]);
  });
});

describe('platformOfTag', () => {
  it.each([
    ['amd64', { os: 'linux', architecture: 'amd64' }],
    ['armv7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['386', { os: 'linux', architecture: '386' }],
  ])('reads %s', (tag, platform) => {
    expect(platformOfTag(tag, {})).toMatchObject(platform);
  });
  it('is any platform for single', () => {
    expect(platformOfTag('single', {})).toBeUndefined();
  });
  it("reads the project's own", () => {
    expect(platformOfTag('metal', { metal: 'darwin/arm64' })).toMatchObject({ os: 'darwin', architecture: 'arm64' });
  });
  it('refuses a tag that nobody explained', () => {
    expect(() => platformOfTag('metal', {})).toThrow(expect.objectContaining({ code: 'PLATFORM_TAG_UNKNOWN' }));
  });
});

describe('anchorTag', () => {
  it('names run, suffix and platform', () => {
    expect(anchorTag('4242', '-cpu-vllm', 'amd64')).toBe('keepalive-4242-cpu-vllm-amd64');
  });
  it('says core for the empty suffix', () => {
    expect(anchorTag('4242', '', 'amd64')).toBe('keepalive-4242-core-amd64');
  });
});
