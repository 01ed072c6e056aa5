import type { ProjectConfig } from '../config.ts';
import { computeTags, type Tags } from '../tags/compute.ts';
import type { TagContext } from '../tags/expressions.ts';
import type { MergeRecord } from './types.ts';

type TagProject = Pick<ProjectConfig, 'tags' | 'flavor' | 'default_branch' | 'short_sha_length'>;
type TagRecord = Pick<MergeRecord, 'subject' | 'tag_suffix' | 'tag_latest' | 'created_at'>;

/** Every step of a merge asks, and neither a record nor a project is ever changed. */
const known = new WeakMap<TagRecord, { readonly project: TagProject; readonly tags: Tags }>();

/** The tags a merge ends with, the one that names the version first. @throws {TagError} TAG_INVALID */
export function tagsOf(project: TagProject, record: TagRecord): readonly string[] {
  return allOf(project, record).tags;
}

/** Of these, those that are to name the latest version. @throws {TagError} TAG_INVALID */
export function latestTagsOf(project: TagProject, record: TagRecord): readonly string[] {
  return allOf(project, record).latestTags;
}

function allOf(project: TagProject, record: TagRecord): Tags {
  const before = known.get(record);
  if (before?.project === project) return before.tags;
  const tags = computeFor(project, record);
  known.set(record, { project, tags });
  return tags;
}

function computeFor(project: TagProject, record: TagRecord): Tags {
  const overrides = { suffix: record.tag_suffix, latest: record.tag_latest };
  const context = tagContextOf(project, record);
  return computeTags({ ...context, rules: project.tags, flavor: project.flavor, overrides });
}

/** What tags, labels and annotations are made from: verified claims, the project, and the first arrival's time. */
export function tagContextOf(
  { default_branch, short_sha_length }: Pick<ProjectConfig, 'default_branch' | 'short_sha_length'>,
  { subject, created_at }: Pick<MergeRecord, 'subject' | 'created_at'>,
): TagContext & { readonly now: number } {
  const { ref, sha, event_name } = subject;
  return { ref, sha, event_name, default_branch, short_sha_length, now: created_at };
}
