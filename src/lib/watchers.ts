/** Of one object at a time: whoever comes after takes the place of whoever watches longest. */
const MAX_WATCHERS = 100;

/** Those who watch a merge, or a run: each gets what happens as lines of JSON. */
export class Watchers {
  readonly #writers = new Set<WritableStreamDefaultWriter<Uint8Array>>();

  get count(): number {
    return this.#writers.size;
  }

  /** @param before - what the new one is told first */
  open(before: readonly object[] = []): ReadableStream<Uint8Array> {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    this.#writers.add(writer);
    const [longest] = this.#writers;
    if (longest && this.#writers.size > MAX_WATCHERS) this.#end(longest);
    if (before.length > 0) this.#write(writer, before.map(lineOf).join(''));
    return readable;
  }

  /** A watcher that has gone away is dropped; nobody waits for a slow one. */
  tell(line: object): void {
    for (const writer of this.#writers) this.#write(writer, lineOf(line));
  }

  close(): void {
    for (const writer of this.#writers) this.#end(writer);
  }

  #end(writer: WritableStreamDefaultWriter<Uint8Array>): void {
    this.#writers.delete(writer);
    writer.close().catch(() => undefined);
  }

  #write(writer: WritableStreamDefaultWriter<Uint8Array>, text: string): void {
    writer.write(new TextEncoder().encode(text)).catch(() => this.#writers.delete(writer));
  }
}

function lineOf(line: object): string {
  return `${JSON.stringify(line)}\n`;
}
