import { TagError } from './error.ts';
import { asksDefaultBranch } from './expressions.ts';
import { parseLabels } from './labels.ts';
import { needsDefaultBranch, parseTagRules } from './rules.ts';

/** What a project says about tags, labels and annotations. */
export interface TagSettings {
  readonly tags: readonly string[];
  readonly flavor: string;
  readonly labels?: readonly string[] | undefined;
  readonly annotations?: readonly string[] | undefined;
  readonly default_branch?: string | undefined;
}

/** What is wrong with a project's settings and can be known before any run, as `KEY: what is wrong`. */
export function checkTagSettings(settings: TagSettings): readonly string[] {
  const { tags, flavor, labels = [], annotations = [], default_branch } = settings;
  const problems = [
    ...problemsOf('tags', () => parseTagRules(tags, flavor)),
    ...problemsOf('labels', () => parseLabels(labels)),
    ...problemsOf('annotations', () => parseLabels(annotations)),
  ];
  if (problems.length > 0 || default_branch !== undefined) return problems;
  const asks =
    [flavor, ...labels, ...annotations].some(asksDefaultBranch) || parseTagRules(tags, flavor).some(needsDefaultBranch);
  return asks ? ['default_branch: is needed by type=edge and by {{is_default_branch}}, and no token says it'] : [];
}

function problemsOf(key: string, parse: () => unknown): string[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof TagError) return [`${key}: ${error.message}`];
    throw error;
  }
}
