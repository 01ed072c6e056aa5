import fc from 'fast-check';
import { CodedError } from '../../src/lib/error.ts';

/** The length of a text that is meant to take long, in characters. */
const LENGTH = 50_000;
/** What a text of that length may take; a parser that goes over it once takes a tenth. In milliseconds. */
const LIMIT_MS = 50;
/** Of these the quickest counts: other programs share the machine. */
const TRIES = 6;

/** The result, or the coded error that was thrown; any other error is a crash. */
export async function coded<Value>(run: () => Value | Promise<Value>): Promise<Value | CodedError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

const PARTS = [
  ...['a', 'A', '0', ' ', '\t', '\n', ',', ';', '=', '"', '\\', '/', ':', '@', '.', '-', '_', '%', '<', '>', '(', '['],
  ...[
    '{',
    '*',
    '+',
    '$',
    '|',
    '\u0000',
    '\u2028',
    'é',
    '💥',
    '\ud800',
    'a.',
    'a-',
    'a_',
    'a/',
    'a:',
    'a,',
    'a=',
    'a ',
    '. ',
  ],
  ...[
    'a="',
    'a="b",',
    '"\\"',
    '\\\\',
    '<>',
    '<a>;',
    '; ',
    ' ;',
    ' ,',
    ' =',
    '; a=',
    '<>;a="',
    '{"a":',
    '[[',
    '"",',
    '**a',
    '*/',
  ],
  ...['Bearer ', 'a b ', 'a==', 'rel=next', '</>;rel="next",', 'sha256:', '(a+)+$', '__proto__', '%2f', '../', 'aa@'],
];
const HEADS = ['', 'Bearer ', 'Bearer realm="', 'a/b:', 'a/b@sha256:', '<', '</>; ', '{"a":"', 'x.y.', 'refs/'];
const TAILS = ['', '!', '"', '\n', '>', '}', '$', ' x'];

/** Texts of 50 KB that make a careless pattern go over them again and again. */
export function* longTexts(): Generator<string> {
  for (const part of PARTS) {
    const body = part.repeat(Math.ceil(LENGTH / part.length));
    for (const [index, head] of HEADS.entries()) yield head + body + TAILS[(index + part.length) % TAILS.length];
  }
}

/** Runs a parser over every long text; gives those that took too long, with how long, in milliseconds. */
export async function slowTexts(run: (text: string) => unknown): Promise<string[]> {
  const slow: string[] = [];
  for (const text of longTexts()) {
    let took = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && took > LIMIT_MS; tries += 1) {
      const started = performance.now();
      await coded(() => run(text));
      took = Math.min(took, performance.now() - started);
    }
    if (took > LIMIT_MS) slow.push(`${JSON.stringify(text.slice(0, 40))}… took ${Math.round(took)} ms`);
  }
  return slow;
}

/** Texts made of what parsers look for. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(fc.oneof(fc.constantFrom(...PARTS, ...HEADS), fc.string({ maxLength: 6 })), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

/** A JSON value, its keys drawn from these too. */
export function anyJson(...keys: string[]): fc.Arbitrary<unknown> {
  const key = fc.oneof(
    fc.constantFrom('__proto__', 'constructor', 'toString', '', ...keys),
    fc.string({ maxLength: 8 }),
  );
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 53, 1e308, ''),
      anyText,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
}

/** A good document with something put at some place of it, or taken away. */
export function mutated(good: object, ...keys: string[]): fc.Arbitrary<unknown> {
  const paths = pathsOf(good);
  return fc
    .array(fc.tuple(fc.constantFrom(...paths), fc.option(anyJson(...keys), { nil: undefined })), { maxLength: 3 })
    .map((edits) => {
      const document: unknown = JSON.parse(JSON.stringify(good));
      for (const [path, value] of edits) put(document, path, value);
      return document;
    });
}

function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, field]) => pathsOf(field, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function put(document: unknown, path: readonly string[], value: unknown): void {
  let holder = document;
  for (const key of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null) return;
    holder = Reflect.get(holder, key);
  }
  if (typeof holder !== 'object' || holder === null) return;
  if (value === undefined) Reflect.deleteProperty(holder, path.at(-1) ?? '');
  else Reflect.set(holder, path.at(-1) ?? '', value);
}

/** Bytes near a text's: flipped, cut, doubled. */
export function nearBytes(text: string): fc.Arbitrary<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const at = fc.nat({ max: bytes.byteLength });
  return fc.oneof(
    fc
      .tuple(at, fc.nat({ max: 255 }))
      .map(([index, byte]) => bytes.map((old, place) => (place === index ? byte : old))),
    at.map((end) => bytes.slice(0, end)),
    fc.tuple(at, at).map(([end, start]) => new Uint8Array([...bytes.slice(0, end), ...bytes.slice(start)])),
  );
}
