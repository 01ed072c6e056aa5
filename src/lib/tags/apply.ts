import parse from 'semver/functions/parse.js';
import valid from 'semver/functions/valid.js';
import {
  afterPrefix,
  DATE_NAMES,
  defaultBranchOf,
  fillExpressions,
  parseExpressions,
  shortSha,
  type TagContext,
} from './expressions.ts';
import { compileMatch, compilePattern } from './pattern.ts';
import { parsePythonVersion } from './pep440.ts';
import { type RuleType, type TagRule, VERSION_NAMES } from './rules.ts';
import { fillTemplate, type Template } from './template.ts';

/** What a rule yields; `latest` says whether it makes the image the latest, where the flavor leaves that open. */
export interface Yield {
  readonly value: string;
  readonly latest: boolean;
}

/**
 * What a rule yields for a run, without prefix and suffix; undefined where it says nothing about such a run.
 *
 * @see https://github.com/docker/metadata-action#tags-input
 * @throws {TagError} TAG_RULE_INVALID where the context lacks what the rule needs
 */
export function applyRule(rule: TagRule, context: TagContext): Yield | undefined {
  return APPLY[rule.type](rule, context);
}

type Apply = (rule: TagRule, context: TagContext) => Yield | undefined;

const APPLY: Readonly<Record<RuleType, Apply>> = {
  schedule: (rule, context) => {
    if (!context.event_name.includes('schedule')) return undefined;
    const pattern = rule.attributes.get('pattern') ?? 'nightly';
    return {
      value: fillExpressions(rule.text, parseExpressions(rule.text, pattern, DATE_NAMES), context),
      latest: false,
    };
  },
  semver: (rule, context) => applyVersion(rule, context, parseSemver),
  pep440: (rule, context) => applyVersion(rule, context, parsePep440),
  match: (rule, context) => {
    const source = sourceOf(rule, context);
    const search = compilePattern(rule.text, rule.attributes.get('pattern') ?? '');
    const value = source === undefined ? undefined : search(source, Number(rule.attributes.get('group') ?? 0));
    return value === undefined ? undefined : { value, latest: true };
  },
  edge: (rule, context) => {
    const branch = afterPrefix(context.ref, 'refs/heads/');
    if (branch === undefined) return undefined;
    const wanted = rule.attributes.get('branch') || defaultBranchOf(rule.text, context);
    return branch === wanted ? { value: 'edge', latest: false } : undefined;
  },
  ref: (rule, context) => applyRef(rule.attributes.get('event'), context.ref),
  raw: (rule, context) => {
    const template = parseExpressions(rule.text, rule.attributes.get('value') ?? '');
    return { value: fillExpressions(rule.text, template, context), latest: false };
  },
  sha: (rule, context) => ({
    value: rule.attributes.get('format') === 'long' ? context.sha : shortSha(context),
    latest: false,
  }),
};

function applyRef(event: string | undefined, ref: string): Yield | undefined {
  if (event === 'pr') {
    const pull = afterPrefix(ref, 'refs/pull/')?.replace(/\/merge$/, '');
    return pull === undefined ? undefined : { value: pull, latest: false };
  }
  const name = afterPrefix(ref, event === 'tag' ? 'refs/tags/' : 'refs/heads/');
  return name === undefined ? undefined : { value: name, latest: event === 'tag' };
}

/** The rule's own value, or the name of the run's tag. */
function sourceOf(rule: TagRule, context: TagContext): string | undefined {
  const value = rule.attributes.get('value');
  if (!value) return afterPrefix(context.ref, 'refs/tags/');
  return fillExpressions(rule.text, parseExpressions(rule.text, value), context);
}

/** A version's pieces under the names that a pattern uses; `isFinal`: no prerelease. */
interface Version {
  readonly names: Readonly<Record<string, string>>;
  readonly isFinal: boolean;
}

/** A version that is not final has no `{{major}}` or the like: only itself, raw or written normally. */
function applyVersion(
  rule: TagRule,
  context: TagContext,
  parseVersion: (raw: string) => Version | undefined,
): Yield | undefined {
  const source = sourceOf(rule, context);
  if (source === undefined) return undefined;
  const match = rule.attributes.get('match');
  const found = match ? compileMatch(rule.text, match)(source) : undefined;
  const version = parseVersion((found ?? source).replaceAll('/', '-'));
  if (!version) return undefined;
  const pattern = parseExpressions(rule.text, rule.attributes.get('pattern') ?? '', VERSION_NAMES);
  const template =
    version.isFinal || isRaw(pattern) ? pattern : parseExpressions(rule.text, '{{version}}', VERSION_NAMES);
  return { value: fillTemplate(template, ({ name }) => version.names[name] ?? ''), latest: version.isFinal };
}

function isRaw([first, ...more]: Template): boolean {
  return typeof first === 'object' && first.name === 'raw' && more.length === 0;
}

/** @see https://semver.org/spec/v2.0.0.html */
function parseSemver(raw: string): Version | undefined {
  const version = valid(raw) === null ? null : parse(raw);
  if (!version) return undefined;
  const { major, minor, patch, prerelease } = version;
  const names = { raw, version: version.version, major: `${major}`, minor: `${minor}`, patch: `${patch}` };
  return { names, isFinal: prerelease.length === 0 };
}

function parsePep440(raw: string): Version | undefined {
  const parsed = parsePythonVersion(raw);
  if (!parsed) return undefined;
  const [major = 0, minor = 0, patch = 0] = parsed.release;
  const names = { raw, version: parsed.version, major: `${major}`, minor: `${minor}`, patch: `${patch}` };
  return { names, isFinal: parsed.isFinal };
}
