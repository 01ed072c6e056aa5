import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { isAnchored } from '../../../src/lib/sigstore/anchored.ts';

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
