import type { Context } from 'hono';

/**
 * Answers with lines of JSON as they come: as server-sent events, or as lines for `Accept: application/x-ndjson`.
 *
 * @param before - what comes first
 * @param wants - whether a line is passed on; default: each
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function streamLines(
  c: Context,
  lines: ReadableStream<Uint8Array>,
  { before = [], wants = () => true }: { before?: readonly object[]; wants?(line: string): boolean } = {},
): Response {
  const asEvents = !c.req.header('Accept')?.includes('application/x-ndjson');
  const write = (line: string) => (asEvents ? `data: ${line}\n\n` : `${line}\n`);
  const written = lines
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(
      createLineTransform(
        before.map((line) => JSON.stringify(line)),
        (line) => (wants(line) ? write(line) : ''),
      ),
    )
    .pipeThrough(new TextEncoderStream());
  return c.body(written, 200, {
    'Content-Type': asEvents ? 'text/event-stream' : 'application/x-ndjson',
    'Cache-Control': 'no-store',
  });
}

/** Passes whole lines on, however they were cut on their way. */
function createLineTransform(before: readonly string[], write: (line: string) => string) {
  let rest = '';
  return new TransformStream<string, string>({
    start: (controller) => {
      for (const line of before) controller.enqueue(write(line));
    },
    transform: (chunk, controller) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') controller.enqueue(write(line));
    },
  });
}
