import { connect, type Socket } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/**
 * One kept connection of HTTP/1.1, with as little client as there can be: Node's own takes longer than the Worker does
 * for an answer from memory, and that time is neither the Worker's nor the peer's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
export class Connection {
  readonly #socket: Socket;
  #received = '';
  #done: ((answer: string) => void) | undefined;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    this.#socket.on('data', (part: string) => {
      this.#received += part;
      if (!isWhole(this.#received)) return;
      const answer = this.#received;
      this.#received = '';
      this.#done?.(answer);
    });
  }

  /** One request at a time. @returns the answer with its head, as it came */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#socket.once('error', reject);
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost${END_OF_HEAD}`, () => {
        this.#socket.off('error', reject);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf(END_OF_HEAD);
  if (end < 0) return false;
  const [, length] = /^content-length: (\d+)/im.exec(text.slice(0, end)) ?? [];
  return length === undefined
    ? text.endsWith(`0${END_OF_HEAD}`)
    : text.length >= end + END_OF_HEAD.length + Number(length);
}
