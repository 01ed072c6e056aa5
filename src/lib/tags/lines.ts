/**
 * The lines of a list as a workflow writes it, one text of lines, or as a configuration does, a list.
 *
 * Empty lines are passed over, and so are comments: lines that begin with `#`.
 *
 * @see https://github.com/docker/metadata-action#inputs
 */
export function linesOf(input: string | readonly string[]): readonly string[] {
  const texts = typeof input === 'string' ? [input] : input;
  return texts
    .flatMap((text) => text.split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
