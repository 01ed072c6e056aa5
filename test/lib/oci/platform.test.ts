import { describe, expect, it } from 'vitest';
import { formatPlatform, normalisePlatform, parsePlatform, platformOfConfig } from '../../../src/lib/oci/platform.ts';

const normal = (os: string, architecture: string, variant?: string) =>
  formatPlatform(normalisePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) }));

describe('normalisePlatform', () => {
  it.each([
    ['linux', 'x86_64', undefined, 'linux/amd64'],
    ['linux', 'x86-64', undefined, 'linux/amd64'],
    ['linux', 'amd64', 'v1', 'linux/amd64'],
    ['linux', 'amd64', 'v3', 'linux/amd64/v3'],
    ['linux', 'aarch64', undefined, 'linux/arm64'],
    ['linux', 'arm64', 'v8', 'linux/arm64'],
    ['linux', 'arm64', '8', 'linux/arm64'],
    ['linux', 'aarch64', 'v9', 'linux/arm64/v9'],
    ['linux', 'arm', undefined, 'linux/arm/v7'],
    ['linux', 'arm', '7', 'linux/arm/v7'],
    ['linux', 'arm', '6', 'linux/arm/v6'],
    ['linux', 'arm', 'v5', 'linux/arm/v5'],
    ['linux', 'arm', 'v6', 'linux/arm/v6'],
    ['linux', 'armhf', undefined, 'linux/arm/v7'],
    ['linux', 'armhf', 'v6', 'linux/arm/v7'],
    ['linux', 'armel', undefined, 'linux/arm/v6'],
    ['linux', 'i386', undefined, 'linux/386'],
    ['linux', 'i386', 'x', 'linux/386'],
    ['Linux', 'AMD64', 'V2', 'linux/amd64/v2'],
    ['macOS', 'arm64', undefined, 'darwin/arm64'],
    ['linux', 'riscv64', undefined, 'linux/riscv64'],
    ['linux', 'constructor', undefined, 'linux/constructor'],
    ['linux', '__proto__', undefined, 'linux/__proto__'],
    ['linux', 'toString', 'valueOf', 'linux/tostring/valueof'],
  ])('%s %s %s is %s', (os, architecture, variant, expected) =>
    expect(normal(os, architecture, variant)).toBe(expected),
  );
});

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm/v6', { os: 'linux', architecture: 'arm', variant: 'v6' }],
    ['linux/aarch64', { os: 'linux', architecture: 'arm64' }],
  ])('reads %s', (text, platform) => expect(parsePlatform(text)).toEqual(platform));
  it.each([
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux//v7',
    'linux/amd64/',
    'a/b/c/d',
    'linux/<b>',
    'linux/a b',
    'linux/é',
  ])('refuses "%s"', (text) =>
    expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' })),
  );
});

describe('platformOfConfig', () => {
  const of = (config: unknown) => platformOfConfig(new TextEncoder().encode(JSON.stringify(config)));

  it('normalises what the config names', () =>
    expect(of({ os: 'linux', architecture: 'aarch64', variant: 'v8' })).toEqual({
      os: 'linux',
      architecture: 'arm64',
    }));
  it('takes no version of the system, as buildx does not', () =>
    expect(of({ os: 'windows', architecture: 'amd64', 'os.version': '10' })).toEqual({
      os: 'windows',
      architecture: 'amd64',
    }));
  it.each([
    {},
    { os: 'linux' },
    { architecture: 'amd64' },
    { os: '', architecture: '' },
    { os: 7, architecture: 'a' },
    [],
    null,
    'x',
  ])('finds none in %j', (config) => expect(of(config)).toBeUndefined());
  it('refuses what is not JSON', () =>
    expect(() => platformOfConfig(new TextEncoder().encode('<html>'))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    ));
});
