import { describe, expect, it } from 'vitest';
import { type Case, COMMIT_DATE, tagsOf } from './run.ts';

describe('computeTags', () => {
  describe('when the rule is schedule', () => {
    it.for<Case>([
      ['type=schedule', 'refs/heads/main', 'nightly', { event_name: 'schedule' }],
      ['type=schedule', 'refs/heads/main', ''],
      ['type=schedule,pattern=weekly', 'refs/heads/main', 'weekly', { event_name: 'schedule' }],
      ["type=schedule,pattern={{date 'YYYYMMDD'}}", 'refs/heads/main', '20240229', { event_name: 'schedule' }],
      [
        "type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}",
        'refs/heads/main',
        '20240301-080507',
        { event_name: 'schedule' },
      ],
      [
        "type=schedule,pattern={{date 'YYYY.MM'}}-nightly",
        'refs/heads/main',
        '2024.02-nightly',
        { event_name: 'schedule' },
      ],
      [
        "type=schedule,pattern={{commit_date 'YYYYMMDD'}}",
        'refs/heads/main',
        '20231105',
        { event_name: 'schedule', commit_date: COMMIT_DATE },
      ],
      [
        "type=schedule,pattern={{commit_date 'YYYYMMDD-HHmm' tz='Asia/Tokyo'}}",
        'refs/heads/main',
        '20231106-0630',
        { event_name: 'schedule', commit_date: COMMIT_DATE },
      ],
      ["type=schedule,pattern={{commit_date 'YYYYMMDD'}}", 'refs/heads/main', '20240229', { event_name: 'schedule' }],
      ['type=schedule,prefix=x-,suffix=-y', 'refs/heads/main', 'x-nightly-y', { event_name: 'schedule' }],
      [
        ['type=schedule', 'type=ref,event=branch', 'type=sha'],
        'refs/heads/main',
        'nightly main sha-860c190',
        { event_name: 'schedule' },
      ],
      ['type=schedule', 'refs/heads/main', 'nightly latest', { event_name: 'schedule', flavor: 'latest=true' }],
    ])('%s at %s gives: %s', ([rules, ref, tags, run]) => {
      expect(tagsOf(rules, ref, run)).toBe(tags);
    });
  });
});
