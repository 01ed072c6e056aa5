import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildClientSetting } from '../../../../src/lib/gallery/audit/client-setting.ts';

describe('buildClientSetting', () => {
  it("has LocalAI's fields of the policy, and no others", () => {
    const policy = {
      name: 'p',
      issuer: 'https://i.test',
      identity_regex: '^https://github\\.com/a/.+$',
      not_before: '2026-01-01T00:00:00Z',
      source_repository_id: '1',
      mode: 'warn',
    } as const;
    expect(parse(buildClientSetting('g', 'https://m.test/i.yaml', policy) ?? '', { version: '1.1' })).toEqual({
      name: 'g',
      url: 'https://m.test/i.yaml',
      verification: {
        issuer: 'https://i.test',
        identity_regex: '^https://github\\.com/a/.+$',
        not_before: '2026-01-01T00:00:00Z',
      },
    });
  });

  it('is none for a managed key', () => {
    expect(buildClientSetting('g', 'u', { public_key: 'pem' })).toBeUndefined();
  });
});
