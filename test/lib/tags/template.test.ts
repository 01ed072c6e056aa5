import { describe, expect, it } from 'vitest';
import { expressionsOf, fillTemplate, parseTemplate } from '../../../src/lib/tags/template.ts';

const fill = (text: string, value: string) => {
  const template = parseTemplate(text);
  return template && fillTemplate(template, () => value);
};

describe('parseTemplate', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['{{a}}', 'V'],
    ['{{ a }}', 'V'],
    ['x{{a}}y{{b}}z', 'xVyVz'],
    ['{{a}}{{b}}', 'VV'],
    ['{{{a}}}', 'V'],
    ['{x}{{a}}', '{x}V'],
    ["{{date 'YYYY' tz='UTC'}}", 'V'],
    ['{{date "YYYY" tz="UTC"}}', 'V'],
  ])('fills %s', (text, filled) => {
    expect(fill(text, 'V')).toBe(filled);
  });

  it.each([
    '{{',
    '}}',
    '{{a',
    'a}}',
    '{{}}',
    '{{a b}}',
    '{{#if a}}x{{/if}}',
    '{{! comment }}',
    '{{>partial}}',
    '{{a.b}}',
    '{{~a}}',
    '{{&a}}',
    '\\{{a}}',
    '{{{a}}',
    '{{a}}}',
    "{{date 'x}}",
    "{{date tz='UTC' 'x'}}",
    '{{date tz=UTC}}',
  ])('refuses %s', (text) => {
    expect(parseTemplate(text)).toBeUndefined();
  });

  it('reads the arguments of an expression', () => {
    const [date] = expressionsOf(parseTemplate("{{date 'YYYY MM' tz='Asia/Tokyo'}}") ?? []);
    expect(date).toEqual({ name: 'date', argument: 'YYYY MM', timeZone: 'Asia/Tokyo', escaped: true });
  });
});

describe('fillTemplate', () => {
  it('escapes a value as Handlebars does', () => {
    expect(fill('{{a}}', '&<>"\'`=/')).toBe('&amp;&lt;&gt;&quot;&#x27;&#x60;&#x3D;/');
  });

  it('escapes no value between triple braces', () => {
    expect(fill('{{{a}}}', '&<>"\'`=/')).toBe('&<>"\'`=/');
  });

  it('escapes no text', () => {
    expect(fill('a=b&{{a}}', 'V')).toBe('a=b&V');
  });

  it('fills in no expression that a value holds', () => {
    expect(fill('{{{a}}}', '{{b}}')).toBe('{{b}}');
  });
});
