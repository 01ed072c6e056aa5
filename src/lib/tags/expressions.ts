import { formatDate } from './date.ts';
import { TagError } from './error.ts';
import { type Expression, fillTemplate, parseTemplate, type Template } from './template.ts';

/** What is known of a run: its token's claims, and what a token lacks. */
export interface TagContext {
  /** `refs/heads/…`, `refs/tags/…`, `refs/pull/…` */
  readonly ref: string;
  /** 40 hex digits. */
  readonly sha: string;
  readonly event_name: string;
  /** Needed by `type=edge` without a branch and by `{{is_default_branch}}`; a token does not say it. */
  readonly default_branch?: string | undefined;
  /** Milliseconds since the epoch, needed by `{{date …}}`: the same for each computation of one merge. */
  readonly now?: number | undefined;
}

/** The characters of a commit that a `sha` tag shows. */
const SHORT_SHA = 7;

/** Events that GitHub always runs on the default branch. */
const ON_DEFAULT_BRANCH = /create|discussion|issues|schedule/;

const GLOBAL_NAMES = ['branch', 'tag', 'sha', 'date', 'is_default_branch', 'is_not_default_branch'];

/**
 * Parses a template of a rule, and checks that it names only what is known.
 *
 * `{{base_ref}}` and `{{commit_date}}` are among what is not: neither is in a token of a push.
 *
 * @throws {TagError} TAG_RULE_INVALID, naming the rule
 */
export function parseExpressions(rule: string, text: string, names: readonly string[] = GLOBAL_NAMES): Template {
  const template = parseTemplate(text);
  if (!template) throw new TagError('TAG_RULE_INVALID', `"${rule}": "${text}" holds more than plain expressions`);
  for (const part of template) {
    if (typeof part === 'string') continue;
    const { name, argument, timeZone } = part;
    if (!names.includes(name))
      throw new TagError('TAG_RULE_INVALID', `"${rule}": {{${name}}} is none of ${names.join(', ')}`);
    if (name === 'date' ? !isDate(part) : argument !== undefined || timeZone !== undefined)
      throw new TagError('TAG_RULE_INVALID', `"${rule}": {{${name}}} has arguments that are not known`);
  }
  return template;
}

function isDate({ argument, timeZone }: Expression): boolean {
  return argument !== undefined && formatDate(0, argument, timeZone ?? 'UTC') !== undefined;
}

/** Fills in what a run says. @throws {TagError} TAG_RULE_INVALID where the context lacks what the rule needs */
export function fillExpressions(rule: string, template: Template, context: TagContext): string {
  return fillTemplate(template, (expression) => globalValue(rule, expression, context));
}

function globalValue(rule: string, { name, argument, timeZone }: Expression, context: TagContext): string {
  switch (name) {
    case 'branch':
      return afterPrefix(context.ref, 'refs/heads/') ?? '';
    case 'tag':
      return afterPrefix(context.ref, 'refs/tags/') ?? '';
    case 'sha':
      return shortSha(context.sha);
    case 'date':
      if (context.now === undefined) throw lacks(rule, 'the time');
      return formatDate(context.now, argument ?? '', timeZone ?? 'UTC') ?? '';
    case 'is_default_branch':
      return String(isDefaultBranch(rule, context));
    default:
      return String(!isDefaultBranch(rule, context));
  }
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
export function shortSha(sha: string): string {
  return sha.slice(0, SHORT_SHA);
}
