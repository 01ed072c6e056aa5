import { describe, expect, it } from 'vitest';
import { parseAttributes } from '../../../src/lib/tags/attributes.ts';
import { codeOf } from './run.ts';

const fieldsOf = (text: string) =>
  parseAttributes(text, 'TAG_RULE_INVALID').map(({ key, value }) => `${key ?? ''}|${value}`);

describe('parseAttributes', () => {
  it.each([
    ['a=b,c=d', ['a|b', 'c|d']],
    ['a', ['|a']],
    ['=a', ['|=a']],
    ['a=b=c', ['a|b=c']],
    ['a=', ['a|']],
    ['KEY=Value', ['key|Value']],
    [' a = b , c = d ', ['a|b', 'c|d']],
    ['a=b,,c=d,', ['a|b', 'c|d']],
    ['', []],
    ['"a=b,c"', ['a|b,c']],
    ['"a=b,c",d=e', ['a|b,c', 'd|e']],
    ['a="b,c",d=e', ['a|b,c', 'd|e']],
    ['"a=b ""c"""', ['a|b "c"']],
    ['a=""', ['a|']],
    ['a= "b,c" ,d', ['a|b,c', '|d']],
    ['x,"a=b"', ['|x', 'a|b']],
    ["a={{date 'D, M'}}", ["a|{{date 'D", "|M'}}"]],
  ])('splits %s', (text, fields) => {
    expect(fieldsOf(text)).toEqual(fields);
  });

  it.each(['"a=b', 'a="b', 'a=b"c', 'a=b"', '"a"b', 'a="b"c', '"a""', 'a,b"c'])('refuses the quotes of %s', (text) => {
    expect(codeOf(() => fieldsOf(text))).toBe('TAG_RULE_INVALID');
  });

  it('refuses with the code it is given', () => {
    expect(codeOf(() => parseAttributes('"', 'FLAVOR_INVALID'))).toBe('FLAVOR_INVALID');
  });

  it('takes a long text of quotes in linear time', () => {
    expect(codeOf(() => fieldsOf(`"${'"'.repeat(100_000)}x`))).toBe('TAG_RULE_INVALID');
  });
});
