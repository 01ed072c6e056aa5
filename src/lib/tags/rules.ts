import { type Attribute, parseAttributes } from './attributes.ts';
import { TagError } from './error.ts';
import { asksDefaultBranch, CONDITION_NAMES, DATE_NAMES, parseExpressions } from './expressions.ts';
import { parseFlavor } from './flavor.ts';
import { linesOf } from './lines.ts';
import { compileMatch, compilePattern } from './pattern.ts';
import { expressionsOf } from './template.ts';

export type RuleType = 'schedule' | 'semver' | 'pep440' | 'match' | 'edge' | 'ref' | 'raw' | 'sha';

/** One rule, checked, with every attribute that it was given. */
export interface TagRule {
  /** As configured, for messages. */
  readonly text: string;
  readonly type: RuleType;
  readonly priority: number;
  readonly attributes: ReadonlyMap<string, string>;
}

/** A higher priority comes first; the first rule that yields names the version. */
const PRIORITIES: Readonly<Record<RuleType, number>> = {
  schedule: 1000,
  semver: 900,
  pep440: 900,
  match: 800,
  edge: 700,
  ref: 600,
  raw: 200,
  sha: 100,
};

const COMMON = ['enable', 'priority', 'prefix', 'suffix'];
const ATTRIBUTES: Readonly<Record<RuleType, readonly string[]>> = {
  schedule: ['pattern'],
  semver: ['pattern', 'value', 'match'],
  pep440: ['pattern', 'value', 'match'],
  match: ['pattern', 'group', 'value'],
  edge: ['branch'],
  ref: ['event'],
  raw: ['value'],
  sha: ['format'],
};

/** What a version's pattern may hold. */
export const VERSION_NAMES = ['raw', 'version', 'major', 'minor', 'patch'];

/** What applies where no rule is given. */
const DEFAULT_RULES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'];

/**
 * Parses the rules of a project, and checks its flavor: whatever can be wrong without knowing a run is found here.
 *
 * Stricter than docker/metadata-action: an attribute that the type does not have is refused, not passed over.
 *
 * @see https://github.com/docker/metadata-action#tags-input
 * @throws {TagError} TAG_RULE_INVALID naming the rule, FLAVOR_INVALID naming the line
 */
export function parseTagRules(
  rules: string | readonly string[],
  flavor: string | readonly string[],
): readonly TagRule[] {
  parseFlavor(flavor);
  const lines = linesOf(rules);
  return (lines.length > 0 ? lines : DEFAULT_RULES).map(parseRule);
}

/** Whether a rule can only be applied where the default branch is known, which no token says. */
export function needsDefaultBranch({ type, attributes }: TagRule): boolean {
  if (type === 'edge' && !attributes.get('branch')) return true;
  return [...attributes.values()].some(asksDefaultBranch);
}

function parseRule(text: string): TagRule {
  const fields = parseAttributes(text, 'TAG_RULE_INVALID');
  if (fields.length === 0) throw invalid(text, 'is empty');
  const type = fields.findLast(({ key }) => key === 'type')?.value ?? 'raw';
  if (!isRuleType(type)) throw invalid(text, `the type is none of ${Object.keys(PRIORITIES).join(', ')}`);
  const attributes = collectAttributes(text, type, fields);
  checkCommon(text, attributes);
  CHECKS[type](text, attributes);
  return { text, type, priority: Number(attributes.get('priority') ?? PRIORITIES[type]), attributes };
}

function collectAttributes(text: string, type: RuleType, fields: readonly Attribute[]): ReadonlyMap<string, string> {
  const attributes = new Map(fields.map(({ key, value }) => [key ?? 'value', value]));
  attributes.delete('type');
  const unknown = [...attributes.keys()].find((key) => !COMMON.includes(key) && !ATTRIBUTES[type].includes(key));
  if (unknown !== undefined) throw invalid(text, `${type} has no attribute "${unknown}"`);
  return attributes;
}

type Check = (text: string, attributes: ReadonlyMap<string, string>) => void;

function checkCommon(text: string, attributes: ReadonlyMap<string, string>): void {
  const enable = attributes.get('enable') ?? 'true';
  if (enable !== 'true' && enable !== 'false' && !isCondition(text, enable))
    throw invalid(text, 'enable is true, false or {{is_default_branch}}');
  if (!/^-?\d{1,9}$/.test(attributes.get('priority') ?? '0')) throw invalid(text, 'priority is a whole number');
  parseExpressions(text, attributes.get('prefix') ?? '');
  parseExpressions(text, attributes.get('suffix') ?? '');
}

function isCondition(text: string, enable: string): boolean {
  const template = parseExpressions(text, enable, CONDITION_NAMES);
  return template.length === 1 && expressionsOf(template).length === 1;
}

const checkVersion: Check = (text, attributes) => {
  const pattern = attributes.get('pattern');
  if (!pattern) throw invalid(text, 'a pattern is needed');
  parseExpressions(text, pattern, VERSION_NAMES);
  parseExpressions(text, attributes.get('value') ?? '');
  const match = attributes.get('match');
  if (match) compileMatch(text, match);
};

const CHECKS: Readonly<Record<RuleType, Check>> = {
  schedule: (text, attributes) => {
    parseExpressions(text, attributes.get('pattern') ?? '', DATE_NAMES);
  },
  semver: checkVersion,
  pep440: checkVersion,
  match: (text, attributes) => {
    const pattern = attributes.get('pattern');
    if (!pattern) throw invalid(text, 'a pattern is needed');
    compilePattern(text, pattern);
    if (!/^\d{1,3}$/.test(attributes.get('group') ?? '0')) throw invalid(text, 'group is a number');
    parseExpressions(text, attributes.get('value') ?? '');
  },
  edge: () => {},
  ref: (text, attributes) => {
    if (!['branch', 'tag', 'pr'].includes(attributes.get('event') ?? ''))
      throw invalid(text, 'event is branch, tag or pr');
  },
  raw: (text, attributes) => {
    const value = attributes.get('value');
    if (value === undefined) throw invalid(text, 'a value is needed');
    parseExpressions(text, value);
  },
  sha: (text, attributes) => {
    if (!['short', 'long'].includes(attributes.get('format') ?? 'short'))
      throw invalid(text, 'format is short or long');
  },
};

function isRuleType(type: string): type is RuleType {
  return Object.hasOwn(PRIORITIES, type);
}

function invalid(text: string, why: string): TagError {
  return new TagError('TAG_RULE_INVALID', `"${text}": ${why}`);
}
