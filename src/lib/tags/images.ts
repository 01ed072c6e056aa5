import { parseAttributes } from './attributes.ts';
import { TagError } from './error.ts';
import { linesOf } from './lines.ts';

/**
 * Parses the images that tags are for, `name=ghcr.io/a/b,enable=true` or a name alone; the names of those that are
 * enabled, in lower case. One line of names alone names several images.
 *
 * @see https://github.com/docker/metadata-action#images-input
 * @throws {TagError} IMAGE_INVALID, naming the line
 */
export function parseImages(input: string | readonly string[]): readonly string[] {
  const lines = linesOf(input);
  const [only, another] = lines.map((line) => parseAttributes(line, 'IMAGE_INVALID'));
  const names =
    only && !another && only.every(({ key }) => key === undefined)
      ? only.map(({ value }) => value)
      : lines.flatMap(parseImage);
  return names.map((name) => name.toLowerCase());
}

function parseImage(line: string): string[] {
  let name = '';
  let enabled = true;
  for (const { key, value } of parseAttributes(line, 'IMAGE_INVALID')) {
    if (key === undefined || key === 'name') name = value;
    else if (key === 'enable' && (value === 'true' || value === 'false')) enabled = value === 'true';
    else throw new TagError('IMAGE_INVALID', `"${line}": an image has a name, and enable=true or enable=false`);
  }
  if (name === '') throw new TagError('IMAGE_INVALID', `"${line}": a name is needed`);
  return enabled ? [name] : [];
}

/** Every tag of every image, by image in the order given; the tags alone where there is no image. */
export function nameTags(images: readonly string[], tags: readonly string[]): readonly string[] {
  return images.length === 0 ? tags : images.flatMap((image) => tags.map((tag) => `${image}:${tag}`));
}
