/** What the labels of an image say. */
export interface LabelContext {
  /** OWNER/NAME */
  readonly repository: string;
  readonly sha: string;
  /** The main tag, with its suffix. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly description?: string | undefined;
  /** An SPDX id. */
  readonly license?: string | undefined;
  /** The repository's page; default: GitHub's. */
  readonly url?: string | undefined;
}

/**
 * The labels that docker/metadata-action gives an image, `key=value`, sorted; what is not known is empty.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function buildLabels(context: LabelContext): readonly string[] {
  const url = context.url ?? `https://github.com/${context.repository}`;
  const values = {
    created: new Date(context.now).toISOString(),
    description: context.description ?? '',
    licenses: context.license ?? '',
    revision: context.sha,
    source: url,
    title: context.repository.slice(context.repository.lastIndexOf('/') + 1),
    url,
    version: context.version,
  };
  return Object.entries(values).map(([key, value]) => `org.opencontainers.image.${key}=${value}`);
}

/** Labels as annotations of a manifest. @see https://github.com/docker/metadata-action#annotations */
export function buildAnnotations(labels: readonly string[]): readonly string[] {
  return labels.map((label) => `manifest:${label}`);
}

/** Every tag of every image, by image in the order given; an image's name is in lower case. */
export function nameTags(images: readonly string[], tags: readonly string[]): readonly string[] {
  return images.flatMap((image) => tags.map((tag) => `${image.toLowerCase()}:${tag}`));
}
