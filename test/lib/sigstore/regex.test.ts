import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { isAnchored, isRegex, matchesRegex } from '../../../src/lib/sigstore/regex.ts';

describe('isAnchored', () => {
  it.each([
    '^a$',
    '\\Aa\\z',
    '^(a|b)$',
    '^(?:a|(b|c))$',
    '^[|$]$',
    '^a\\|b$',
    '^\\Qa|b\\E$',
    '^[]|]$',
    '^[[:alpha:]|]$',
    '(?i)^a$',
    '^\\(a$',
  ])('sees that %s matches a whole value', (regex) => {
    expect(isAnchored(regex)).toBe(true);
  });

  // Each would match a value that holds more than it means.
  it.each([
    ['a', 'xax'],
    ['^a', 'ax'],
    ['a$', 'xa'],
    ['^a|b$', 'ax'],
    ['^a$|b', 'xbx'],
    ['^(a)|(b)$', 'xb'],
    ['^a\\$', 'a$x'],
    ['^a[$]', 'a$x'],
    ['\\^a$', 'x^a'],
    ['^*a$', 'xa'],
    ['^?a$', 'xa'],
    ['^{0}a$', 'xa'],
    ['^a$?', 'ax'],
    ['(?m)^a$', 'x\na'],
    ['(?im)^a$', 'x\na'],
    ['^[(]a|b$', '(ax'],
    ['^\\(a|b$', '(ax'],
    ['^\\Q(\\Ea|b$', '(ax'],
    ['', 'x'],
    ['^', 'x'],
    ['$', 'x'],
  ])('sees that %s does not', (regex, value) => {
    expect(RE2JS.compile(regex).matcher(value).find()).toBe(true);
    expect(isAnchored(regex)).toBe(false);
  });
});

describe('isRegex', () => {
  it.each(['a', '[0-9a-f]{40}', '^(?:a{2}){3}$', 'a'.repeat(512), '\\Qa{9}{9}\\E', 'a{,1000}{,1000}'])(
    'accepts %s',
    (regex) => {
      expect(isRegex(regex)).toBe(true);
    },
  );
  it.each([
    ['513 characters', 'a'.repeat(513)],
    ['a look-ahead', 'a(?=b)'],
    ['a back-reference', '(a)\\1'],
    ['a group without an end', '('],
    ['a repetition that would fill the memory', '((a{1000}){1000}){1000}'],
    ['a repetition of much', `(?:${'.*'.repeat(240)}){1000}`],
    ['many repetitions', '(.*a){1000}'],
    ['repetitions side by side', 'x{1000}'.repeat(60)],
    ['a repetition in a group without an end', '(x{999}x{999}'],
    ['a repetition of a quoted text', '(?:\\Qaaaaaaaa\\E){200}'],
    ['an open repetition of much', '(?:.*.*.*){500,}'],
  ])('refuses %s', (_, regex) => {
    expect(isRegex(regex)).toBe(false);
  });
});

describe('matchesRegex', () => {
  it('searches', () => {
    expect(matchesRegex('b', 'abc')).toBe(true);
    expect(matchesRegex('^b', 'abc')).toBe(false);
  });
  it('finds nothing in a value that is longer than any identity', () => {
    expect(matchesRegex('a', 'a'.repeat(2048))).toBe(true);
    expect(matchesRegex('a', 'a'.repeat(2049))).toBe(false);
  });
});
