/** Those who watch a merge: each gets the steps as lines of JSON. */
export class Watchers {
  readonly #writers = new Set<WritableStreamDefaultWriter<Uint8Array>>();

  open(): ReadableStream<Uint8Array> {
    const { readable, writable } = new IdentityTransformStream();
    this.#writers.add(writable.getWriter());
    return readable;
  }

  /** A watcher that has gone away is dropped; nobody waits for a slow one. */
  tell(line: object): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    for (const writer of this.#writers) writer.write(bytes).catch(() => this.#writers.delete(writer));
  }

  close(): void {
    for (const writer of this.#writers) writer.close().catch(() => undefined);
    this.#writers.clear();
  }
}
