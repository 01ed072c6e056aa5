import { describe, expect, it } from 'vitest';
import { parseSigningConfig } from '../../../src/lib/sigstore/signing-config.ts';
import { codeOf } from './setup.ts';

const NOW = Date.UTC(2026, 10, 1);
const service = (url: string, majorApiVersion: number, start = '2024-01-01T00:00:00Z', end?: string) => ({
  url: `https://${url}.test`,
  majorApiVersion,
  validFor: { start, ...(end === undefined ? {} : { end }) },
  operator: 'x',
});
const CONFIG = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [service('ca', 1)],
  rekorTlogUrls: [service('log', 1)],
  tsaUrls: [service('tsa', 1)],
};
const parse = (change: object = {}) => parseSigningConfig({ ...CONFIG, ...change }, NOW);
const logOf = (...rekorTlogUrls: object[]) => parse({ rekorTlogUrls }).rekor;

describe('parseSigningConfig', () => {
  it('says where to sign', () => {
    expect(parse()).toEqual({
      fulcioUrl: 'https://ca.test',
      rekor: { url: 'https://log.test', majorApiVersion: 1 },
      timestampUrl: 'https://tsa.test',
    });
  });
  it('drops the slash at the end of what paths are added to', () => {
    expect(logOf({ ...service('log', 1), url: 'https://log.test//' }).url).toBe('https://log.test');
  });
  it('takes the newest version that it speaks', () => {
    expect(logOf(service('one', 1), service('two', 2)).url).toBe('https://two.test');
    expect(logOf(service('one', 1), service('three', 3)).url).toBe('https://one.test');
  });
  it('takes what is valid now', () => {
    const over = service('over', 2, '2024-01-01T00:00:00Z', '2026-10-31T00:00:00Z');
    const coming = service('coming', 2, '2026-11-02T00:00:00Z');
    expect(logOf(over, coming, service('now', 1)).url).toBe('https://now.test');
  });
  it('needs a timestamp authority with Rekor v2 alone', () => {
    expect(codeOf(() => parse({ tsaUrls: [], rekorTlogUrls: [service('log', 2)] }))).toBe('SIGNING_CONFIG_INVALID');
    expect(parse({ tsaUrls: undefined })).not.toHaveProperty('timestampUrl');
  });
  it.each([
    ['another version', { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }],
    ['no certificate authority', { caUrls: [] }],
    ['none that is valid', { caUrls: [service('ca', 1, '2027-01-01T00:00:00Z')] }],
    ['no log', { rekorTlogUrls: [] }],
    ['a log of no version that it speaks', { rekorTlogUrls: [service('log', 3)] }],
    ['a URL that is none', { caUrls: [{ ...service('ca', 1), url: 'x' }] }],
    ['a start that is no time', { caUrls: [service('ca', 1, 'soon')] }],
  ])('refuses %s', (_, change) => {
    expect(codeOf(() => parse(change))).toBe('SIGNING_CONFIG_INVALID');
  });
});
