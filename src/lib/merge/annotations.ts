import type { ProjectConfig } from '../config.ts';
import type { IndexAnnotation } from '../oci/image-index.ts';
import { buildLabels, type LabelContext } from '../tags/labels.ts';
import { tagContextOf } from './tags.ts';
import type { MergeRecord } from './types.ts';

/**
 * What a project wants written into its index: docker/metadata-action's labels, on the index; its annotations, at the
 * levels configured, which win. Nothing where it asks for neither: any annotation makes another digest.
 *
 * What no token says (description, licence) is left out where the project does not say it either. The same for each
 * computation of one merge, since its time is that of its first arrival.
 */
export function annotationsOf(
  project: Pick<ProjectConfig, 'labels' | 'annotations' | 'annotation_levels' | 'default_branch' | 'short_sha_length'>,
  record: Pick<MergeRecord, 'subject' | 'created_at'>,
  version: string,
): readonly IndexAnnotation[] {
  const { labels, annotations, annotation_levels } = project;
  const context: LabelContext = {
    ...tagContextOf(project, record),
    repository: record.subject.repository,
    version,
  };
  return [
    ...(labels ? atLevel('index', context, labels) : []),
    ...(annotations ? annotation_levels.flatMap((level) => atLevel(level, context, annotations)) : []),
  ];
}

function atLevel(text: string, context: LabelContext, own: readonly string[]): IndexAnnotation[] {
  const [, level = '', platform] = /^([a-z-]+)(?:\[(.+)\])?$/.exec(text) ?? [];
  return buildLabels(context, own).flatMap(([key, value]) =>
    value === '' ? [] : [{ level: level === 'index' ? 'index' : 'manifest-descriptor', platform, key, value }],
  );
}
