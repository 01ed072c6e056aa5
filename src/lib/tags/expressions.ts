import { formatDate } from './date.ts';
import { TagError, type TagErrorCode } from './error.ts';
import { type Expression, fillTemplate, parseTemplate, type Template } from './template.ts';

/** What is known of a run: its token's claims, and what a token lacks. */
export interface TagContext {
  /** `refs/heads/…`, `refs/tags/…`, `refs/pull/…` */
  readonly ref: string;
  /** 40 hex digits. */
  readonly sha: string;
  readonly event_name: string;
  /** The branch that a pull request is for: a claim of such a run's token. */
  readonly base_ref?: string | undefined;
  /** Needed by `type=edge` without a branch and by `{{is_default_branch}}`; a token does not say it. */
  readonly default_branch?: string | undefined;
  /** Milliseconds since the epoch, needed by `{{date …}}`: the same for each computation of one merge. */
  readonly now?: number | undefined;
  /** Milliseconds since the epoch; a token does not say it, and `now` stands in for it. */
  readonly commit_date?: number | undefined;
  /** The characters of a commit that are shown, instead of 7: `DOCKER_METADATA_SHORT_SHA_LENGTH`. */
  readonly short_sha_length?: number | undefined;
}

const SHORT_SHA = 7;

/** Events that GitHub always runs on the default branch. */
const ON_DEFAULT_BRANCH = /create|discussion|issues|schedule/;

/** The expressions that a schedule's pattern knows. */
export const DATE_NAMES = ['date', 'commit_date'];
/** The expressions that a condition may be. */
export const CONDITION_NAMES = ['is_default_branch', 'is_not_default_branch'];
const GLOBAL_NAMES = ['branch', 'tag', 'sha', 'base_ref', ...CONDITION_NAMES, ...DATE_NAMES];

/**
 * Parses a template of a rule, a flavor or a label, and checks that it names only what is known.
 *
 * @throws {TagError} `code`, naming the rule
 */
export function parseExpressions(
  rule: string,
  text: string,
  names: readonly string[] = GLOBAL_NAMES,
  code: TagErrorCode = 'TAG_RULE_INVALID',
): Template {
  const template = parseTemplate(text);
  if (!template) throw new TagError(code, `"${rule}": "${text}" holds more than plain expressions`);
  for (const part of template) {
    if (typeof part === 'string') continue;
    const { name, argument, timeZone } = part;
    if (!names.includes(name)) throw new TagError(code, `"${rule}": {{${name}}} is none of ${names.join(', ')}`);
    const isKnown = DATE_NAMES.includes(name) ? isDate(part) : argument === undefined && timeZone === undefined;
    if (!isKnown) throw new TagError(code, `"${rule}": {{${name}}} has arguments that are not known`);
  }
  return template;
}

function isDate({ argument = '', timeZone = 'UTC' }: Expression): boolean {
  return argument !== '' && formatDate(0, argument, timeZone) !== undefined;
}

/** Whether a text holds an expression that only a run's default branch answers. */
export function asksDefaultBranch(text: string): boolean {
  return /\{\{\s*is_(not_)?default_branch\b/.test(text);
}

/** Fills in what a run says. @throws {TagError} TAG_RULE_INVALID where the context lacks what the rule needs */
export function fillExpressions(rule: string, template: Template, context: TagContext): string {
  return fillTemplate(template, (expression) => globalValue(rule, expression, context));
}

function globalValue(rule: string, { name, argument, timeZone }: Expression, context: TagContext): string {
  const { ref, now, commit_date = now } = context;
  switch (name) {
    case 'branch':
      return afterPrefix(ref, 'refs/heads/') ?? '';
    case 'tag':
      return afterPrefix(ref, 'refs/tags/') ?? '';
    case 'sha':
      return shortSha(context);
    case 'base_ref':
      return baseRef(context);
    case 'is_default_branch':
      return String(isDefaultBranch(rule, context));
    case 'is_not_default_branch':
      return String(!isDefaultBranch(rule, context));
    default: {
      const time = name === 'commit_date' ? commit_date : now;
      if (time === undefined) throw lacks(rule, 'the time');
      return formatDate(time, argument ?? '', timeZone ?? 'UTC') ?? '';
    }
  }
}

/** Of a branch there is none. */
function baseRef({ ref, base_ref = '' }: TagContext): string {
  return /^refs\/(pull|tags)\//.test(ref) ? (afterPrefix(base_ref, 'refs/heads/') ?? base_ref) : '';
}

function isDefaultBranch(rule: string, context: TagContext): boolean {
  if (ON_DEFAULT_BRANCH.test(context.event_name)) return true;
  const branch = afterPrefix(context.ref, 'refs/heads/');
  return branch !== undefined && branch === defaultBranchOf(rule, context);
}

/** @throws {TagError} TAG_RULE_INVALID where it is not known: guessing would leave tags out without a word */
export function defaultBranchOf(rule: string, { default_branch }: TagContext): string {
  if (default_branch === undefined) throw lacks(rule, "the project's default_branch");
  return default_branch;
}

function lacks(rule: string, what: string): TagError {
  return new TagError('TAG_RULE_INVALID', `"${rule}": needs ${what}`);
}

/** What follows a prefix; undefined where the text has it not. */
export function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** A commit as tags show it. */
export function shortSha({ sha, short_sha_length = SHORT_SHA }: TagContext): string {
  return sha.slice(0, short_sha_length);
}
