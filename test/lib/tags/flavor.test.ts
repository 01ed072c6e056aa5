import { describe, expect, it } from 'vitest';
import { overrideFlavor, parseFlavor } from '../../../src/lib/tags/flavor.ts';
import { codeOf } from './run.ts';

const NONE = { latest: 'auto', prefix: '', prefixLatest: false, suffix: '', suffixLatest: false };

describe('parseFlavor', () => {
  it.each([
    ['', {}],
    ['latest=', {}],
    ['latest=auto', {}],
    ['latest=true', { latest: 'true' }],
    ['latest=false', { latest: 'false' }],
    ['Latest=true', { latest: 'true' }],
    ['prefix=a-', { prefix: 'a-' }],
    ['prefix= ', {}],
    ['suffix=-b', { suffix: '-b' }],
    ['prefix=a-,onlatest=true', { prefix: 'a-', prefixLatest: true }],
    ['suffix=,onlatest=true', { suffixLatest: true }],
    ['suffix=-b,onlatest=true,onlatest=false', { suffix: '-b' }],
    ['prefix=a-,suffix=-b,onlatest=true', { prefix: 'a-', suffix: '-b', suffixLatest: true }],
    ['latest=true\nsuffix=-b\n', { latest: 'true', suffix: '-b' }],
    ['# none\nlatest=true', { latest: 'true' }],
    ['prefix={{branch}}-', { prefix: '{{branch}}-' }],
    ['prefix=a-\nprefix=b-', { prefix: 'b-' }],
  ])('reads %j', (text, differs) => {
    expect(parseFlavor(text)).toEqual({ ...NONE, ...differs });
  });

  it('reads a list of lines as one text of them', () => {
    expect(parseFlavor(['latest=true', 'suffix=-b,onlatest=true'])).toEqual(
      parseFlavor('latest=true\nsuffix=-b,onlatest=true'),
    );
  });

  it.each([
    ['latest that is neither', 'latest=maybe'],
    ['latest in capitals', 'latest=TRUE'],
    ['latest without a value', 'latest'],
    ['an unknown key', 'colour=red'],
    ['a word alone', 'alpine'],
    ['onlatest that is neither', 'suffix=-b,onlatest=maybe'],
    ['onlatest that belongs to nothing', 'onlatest=true'],
    ['onlatest on a line of its own', 'suffix=-b\nonlatest=true'],
    ['an expression in a suffix', 'suffix=-{{sha}}'],
    ['an unknown expression in a prefix', 'prefix={{nope}}'],
    ['an expression in a prefix of latest', 'prefix={{sha}}-,onlatest=true'],
    ['a stray quote', 'suffix=-b"'],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseFlavor(text))).toBe('FLAVOR_INVALID');
  });
});

describe('overrideFlavor', () => {
  it('changes nothing where nothing is given', () => {
    const flavor = parseFlavor('latest=true\nsuffix=-b,onlatest=true');
    expect(overrideFlavor(flavor, {})).toEqual(flavor);
  });
});
