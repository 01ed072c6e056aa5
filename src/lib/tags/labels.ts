import { TagError } from './error.ts';
import { fillExpressions, parseExpressions, type TagContext } from './expressions.ts';
import { linesOf } from './lines.ts';

/** What the labels of an image say. */
export interface LabelContext extends TagContext {
  /** OWNER/NAME */
  readonly repository: string;
  /** The main tag, with its suffix. */
  readonly version: string;
  readonly now: number;
  readonly description?: string | undefined;
  /** An SPDX id. */
  readonly license?: string | undefined;
  /** The repository's page; default: GitHub's. */
  readonly url?: string | undefined;
}

/** A label or annotation. */
export type Label = readonly [key: string, value: string];

/**
 * The labels that docker/metadata-action gives an image, and a project's own, which replace those of the same key;
 * sorted by key. What is not known is empty.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 * @see https://github.com/docker/metadata-action#overwrite-labels-and-annotations
 * @throws {TagError} LABEL_INVALID
 */
export function buildLabels(context: LabelContext, own: string | readonly string[] = []): readonly Label[] {
  const labels = new Map(Object.entries(standardLabels(context)));
  for (const line of parseLabels(own)) {
    const text = fillExpressions(line, parseLabelTemplate(line), context);
    const equals = text.indexOf('=');
    labels.set(text.slice(0, equals), text.slice(equals + 1));
  }
  return [...labels].sort(([a], [b]) => a.localeCompare(b, 'en'));
}

function standardLabels(context: LabelContext): Record<string, string> {
  const { repository, sha, version, now, description = '', license = '' } = context;
  const url = context.url ?? `https://github.com/${repository}`;
  const name = (key: string) => `org.opencontainers.image.${key}`;
  return {
    [name('created')]: new Date(now).toISOString(),
    [name('description')]: description,
    [name('licenses')]: license,
    [name('revision')]: sha,
    [name('source')]: url,
    [name('title')]: repository.slice(repository.lastIndexOf('/') + 1),
    [name('url')]: url,
    [name('version')]: version,
  };
}

/**
 * The lines `key=value` of a project's own labels, checked; expressions may stand in their values.
 *
 * docker/metadata-action passes over a line without a key; here it is refused.
 *
 * @throws {TagError} LABEL_INVALID, naming the line
 */
export function parseLabels(input: string | readonly string[]): readonly string[] {
  const lines = linesOf(input);
  for (const line of lines) {
    const [first] = parseLabelTemplate(line);
    if (typeof first !== 'string' || first.indexOf('=') < 1)
      throw new TagError('LABEL_INVALID', `"${line}": a label is KEY=VALUE`);
  }
  return lines;
}

function parseLabelTemplate(line: string) {
  return parseExpressions(line, line, undefined, 'LABEL_INVALID');
}

/**
 * Labels as annotations of a manifest, an index or the descriptors in it, `LEVEL:KEY=VALUE`, each level in turn.
 *
 * @see https://github.com/docker/metadata-action#annotations
 */
export function buildAnnotations(labels: readonly Label[], levels: readonly string[]): readonly string[] {
  return levels.flatMap((level) => labels.map(([key, value]) => `${level}:${key}=${value}`));
}
