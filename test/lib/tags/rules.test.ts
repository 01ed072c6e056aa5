import { describe, expect, it } from 'vitest';
import { needsDefaultBranch, parseTagRules } from '../../../src/lib/tags/rules.ts';
import { codeOf } from './run.ts';

describe('parseTagRules', () => {
  it.each([
    ['type=schedule', 1000],
    ['type=semver,pattern={{raw}}', 900],
    ['type=pep440,pattern={{raw}}', 900],
    ['type=match,pattern=.', 800],
    ['type=edge', 700],
    ['type=ref,event=pr', 600],
    ['type=raw,value=x', 200],
    ['type=sha', 100],
    ['type=sha,priority=7', 7],
    ['type=sha,priority=-7', -7],
  ])('gives %s the priority %i', (rule, priority) => {
    expect(parseTagRules(rule, '')[0]?.priority).toBe(priority);
  });

  it('takes a bare word for a raw value', () => {
    const [rule] = parseTagRules('nightly', '');
    expect([rule?.type, rule?.attributes.get('value')]).toEqual(['raw', 'nightly']);
  });

  it('puts four rules in the place of none', () => {
    expect(parseTagRules([], '').map(({ text }) => text)).toEqual([
      'type=schedule',
      'type=ref,event=branch',
      'type=ref,event=tag',
      'type=ref,event=pr',
    ]);
  });

  it('reads rules from one text of lines, without its comments', () => {
    const rules = parseTagRules('# on each push\ntype=sha\n\n  type=edge\r\n', '');
    expect(rules.map(({ type }) => type)).toEqual(['sha', 'edge']);
  });

  it.each([
    ['a type that there is not', 'type=branch'],
    ['a type in capitals', 'type=SHA'],
    ['an attribute of another type', 'type=sha,event=branch'],
    ['an attribute that there is not', 'type=raw,value=x,colour=red'],
    ['a value beside a type that has none', 'type=sha,x'],
    ['semver without a pattern', 'type=semver'],
    ['semver with an empty pattern', 'type=semver,pattern='],
    ['pep440 without a pattern', 'type=pep440'],
    ['a version pattern with an unknown name', 'type=semver,pattern={{prerelease}}'],
    ['a version pattern with a global name', 'type=semver,pattern={{version}}-{{sha}}'],
    ['a version match without a group', 'type=semver,pattern={{raw}},match=v.*'],
    ['a version match that is no pattern', 'type=pep440,pattern={{raw}},match=v('],
    ['match without a pattern', 'type=match'],
    ['match with a group that is no number', 'type=match,pattern=x,group=one'],
    ['match with an unclosed group', 'type=match,pattern=v('],
    ['match that looks ahead', 'type=match,pattern=v(?=1)'],
    ['match with a back reference', 'type=match,pattern=(.)\\1'],
    ['match with an unknown flag', 'type=match,pattern=/v/y'],
    ['match with a pattern that grows', 'type=match,pattern=((a{100}){100}){100}'],
    ['match with a pattern of 513 characters', `type=match,pattern=${'x'.repeat(513)}`],
    ['ref without an event', 'type=ref'],
    ['ref with an unknown event', 'type=ref,event=push'],
    ['raw without a value', 'type=raw'],
    ['sha in an unknown format', 'type=sha,format=medium'],
    ['enable that is neither true nor false', 'type=sha,enable=maybe'],
    ['enable that is empty', 'type=sha,enable='],
    ['enable in capitals', 'type=sha,enable=True'],
    ['enable with more than a condition', 'type=sha,enable={{is_default_branch}}x'],
    ['enable with another expression', 'type=sha,enable={{branch}}'],
    ['a priority that is no number', 'type=sha,priority=high'],
    ['a priority with a fraction', 'type=sha,priority=1.5'],
    ['a schedule with another expression', 'type=schedule,pattern={{branch}}'],
    ['an unknown expression', 'type=raw,value={{nope}}'],
    ['an unknown expression in a prefix', 'type=sha,prefix={{nope}}'],
    ['an unknown expression in a suffix', 'type=sha,suffix={{version}}'],
    ['an unknown expression in a value', 'type=match,pattern=x,value={{nope}}'],
    ['a date without a format', 'type=raw,value={{date}}'],
    ['a date with an empty format', "type=raw,value={{date ''}}"],
    ['a date in a zone that there is not', "type=raw,value={{date 'YYYY' tz='Nowhere/Land'}}"],
    ['a date with another argument', "type=raw,value={{date 'YYYY' zone='UTC'}}"],
    ['a branch with an argument', "type=raw,value={{branch 'x'}}"],
    ['a block', 'type=raw,value={{#if branch}}x{{/if}}'],
    ['an expression that is not closed', 'type=raw,value={{branch'],
    ['nothing but commas', ',,'],
  ])('refuses %s', (_, rule) => {
    expect(codeOf(() => parseTagRules([rule], ''))).toBe('TAG_RULE_INVALID');
  });

  it('names the rule that it refuses', () => {
    expect(() => parseTagRules(['type=sha', 'type=ref'], '')).toThrow('"type=ref": event is branch, tag or pr');
  });

  it('checks the flavor too', () => {
    expect(codeOf(() => parseTagRules('type=sha', 'latest=maybe'))).toBe('FLAVOR_INVALID');
  });
});

describe('needsDefaultBranch', () => {
  it.each([
    ['type=edge', true],
    ['type=edge,branch=', true],
    ['type=edge,branch=dev', false],
    ['type=sha,enable={{is_default_branch}}', true],
    ['type=sha,enable={{ is_not_default_branch }}', true],
    ['type=sha,prefix={{{is_default_branch}}}', true],
    ['type=raw,value=is_default_branch', false],
    ['type=sha', false],
  ])('of %s is %s', (text, needed) => {
    expect(parseTagRules(text, '').some(needsDefaultBranch)).toBe(needed);
  });
});
