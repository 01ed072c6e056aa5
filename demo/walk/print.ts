import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** A claim that did not hold: the walk ends here. */
export class ClaimError extends Error {}

/** Says what happens, line by line; colours where the output is a terminal. */
export class Printer {
  readonly #write: (line: string) => void;
  #chapters = 0;
  #claims = 0;

  constructor(write: (line: string) => void = (line) => console.log(line)) {
    this.#write = write;
  }

  /** How many claims have held. */
  get claims(): number {
    return this.#claims;
  }

  /** A line that stands by itself. */
  title(text: string): void {
    this.#write(`\n${paint('bold', text)}`);
  }

  chapter(title: string): void {
    this.#chapters += 1;
    this.#write(`\n${paint('bold', `${this.#chapters}. ${title}`)}`);
  }

  /** A sentence or two of explanation. */
  say(text: string): void {
    this.#write(`   ${text}`);
  }

  /** What else there is to know: dimmed. */
  note(text: string): void {
    this.#write(`   ${paint('dim', text)}`);
  }

  /** A command that does the same in a shell. */
  command(text: string): void {
    for (const [at, line] of text.split('\n').entries())
      this.#write(paint('cyan', `   ${at === 0 ? '$' : ' '} ${line}`));
  }

  /**
   * Says a claim, with its evidence, if it holds.
   *
   * @param seen what was there instead, for whoever has to mend it
   * @throws {ClaimError} where it does not hold
   */
  claim(text: string, holds: boolean, seen: unknown = ''): void {
    if (!holds) {
      this.#write(`   ${paint('red', '✗')} ${text}`);
      throw new ClaimError(
        `not as it should be: ${text}\n  seen: ${typeof seen === 'string' ? seen : JSON.stringify(seen)}`,
      );
    }
    this.#claims += 1;
    this.#write(`   ${paint('green', '✓')} ${text}`);
  }
}

/** Paints text where the standard output is a terminal that wants colours. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** A digest, short enough to be read. */
export function short(digest: unknown): string {
  return String(digest).slice(0, 'sha256:'.length + 12);
}
