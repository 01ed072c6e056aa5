/** A bundle's text with one thing changed; `change` says what, for a report. */
export interface Mutant {
  readonly change: string;
  readonly text: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Path = readonly (string | number)[];

/** A number from 0 up to, but not, `below`. */
type Draw = (below: number) => number;

/** Fields whose base64 is itself JSON. */
const INNER = ['payload', 'canonicalizedBody'];
const OTHERS: readonly Json[] = [null, '', '0', 0, -1, true, [], {}, 'AAAA', '9223372036854775808', 1e300];

/**
 * Changes a bundle in as many ways as are asked for: first every operation on every field, then any of them by chance.
 * The same seed gives the same mutants.
 *
 * @param other - another genuine bundle, whose fields are put in place of this one's
 */
export function mutate(bundle: object, other: object, count: number, seed: number): Mutant[] {
  const draw = createDraw(seed);
  const original = bundle as Json;
  const paths = pathsOf(original);
  const context = { original, other: other as Json, paths, draw };
  const operations = Object.entries(OPERATIONS);
  const mutants: Mutant[] = [];
  const add = (name: string, path: Path) => {
    const text = OPERATIONS[name as keyof typeof OPERATIONS](context, path);
    if (text !== undefined) mutants.push({ change: `${name} ${path.join('.')}`, text });
  };
  for (const path of paths) for (const [name] of operations) add(name, path);
  while (mutants.length < count) {
    const path = paths[draw(paths.length)] ?? [];
    const [name] = operations[draw(operations.length)] ?? [];
    if (name !== undefined) add(name, path);
  }
  return mutants;
}

interface Context {
  readonly original: Json;
  readonly other: Json;
  readonly paths: readonly Path[];
  readonly draw: Draw;
}
type Operation = (context: Context, path: Path) => string | undefined;

const OPERATIONS = {
  /** A bit of the bytes, where it is base64; else of a character. */
  flip: (context, path) => edit(context, path, (value) => flipValue(value, context.draw)),
  drop: ({ original }, path) => print(withoutMember(original, path)),
  swap: (context, path) => {
    const [one, other] = [path, context.paths[context.draw(context.paths.length)] ?? []];
    if (startsWith(one, other) || startsWith(other, one)) return undefined;
    const [mine, theirs] = [at(context.original, one), at(context.original, other)];
    return print(put(put(context.original, one, theirs), other, mine));
  },
  reorder: ({ original, draw }, path) =>
    edit({ original }, path, (value) => {
      if (Array.isArray(value)) return value.toReversed();
      if (!isObject(value)) return undefined;
      return Object.fromEntries(shuffle(Object.entries(value), draw));
    }),
  duplicate: ({ original, draw }, path) => {
    const value = at(original, path);
    if (Array.isArray(value)) return print(put(original, path, [...value, ...value]));
    // A key twice: once as it was, once as something else.
    const second = draw(2) === 0 ? value : flipValue(value, draw);
    return printTwice(original, path, second ?? null);
  },
  replace: ({ original, draw }, path) => print(put(original, path, OTHERS[draw(OTHERS.length)] ?? null)),
  exchange: ({ original, other }, path) => {
    const theirs = at(other, path);
    return theirs === undefined ? undefined : print(put(original, path, theirs));
  },
  /** Another spelling of the last key. */
  rename: ({ original, draw }, path) => {
    const key = path.at(-1);
    if (typeof key !== 'string') return undefined;
    const names = [key.toUpperCase(), `${key} `, key.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)];
    const value = at(original, path) ?? null;
    return print(put(withoutMember(original, path), [...path.slice(0, -1), names[draw(2)] ?? key], value));
  },
  /** Something within the JSON that a field holds. */
  inner: ({ original, draw }, path) =>
    edit({ original }, path, (value) => {
      if (typeof value !== 'string' || !INNER.includes(String(path.at(-1)))) return undefined;
      const document = JSON.parse(Buffer.from(value, 'base64').toString()) as Json;
      const paths = pathsOf(document);
      const inner = paths[draw(paths.length)] ?? [];
      const changed =
        draw(2) === 0 ? withoutMember(document, inner) : put(document, inner, flipValue(at(document, inner), draw));
      return Buffer.from(JSON.stringify(changed)).toString('base64');
    }),
  /** The text itself, wherever: a byte turned, left out, put in, or a piece of it twice. */
  bytes: ({ original, draw }) => {
    const text = print(original);
    const [from, length] = [draw(text.length), 1 + draw(40)];
    const middle = text.slice(from, from + length);
    const turned = String.fromCharCode(middle.charCodeAt(0) ^ (1 << draw(7)));
    const choices = [
      turned + middle.slice(1),
      middle.slice(1),
      `${String.fromCharCode(32 + draw(95))}${middle}`,
      middle + middle,
    ];
    return text.slice(0, from) + (choices[draw(choices.length)] ?? '') + text.slice(from + length);
  },
} as const satisfies Record<string, Operation>;

function edit(
  { original }: Pick<Context, 'original'>,
  path: Path,
  change: (value: Json | undefined) => Json | undefined,
) {
  const changed = change(at(original, path));
  return changed === undefined ? undefined : print(put(original, path, changed));
}

function flipValue(value: Json | undefined, draw: Draw): Json | undefined {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string' || value === '') return undefined;
  const isBase64 = /^[A-Za-z0-9+/]{8,}={0,2}$/.test(value) && value.length % 4 === 0;
  if (isBase64 && draw(4) > 0) {
    const bytes = Buffer.from(value, 'base64');
    const index = draw(bytes.length);
    bytes[index] = (bytes[index] ?? 0) ^ (1 << draw(8));
    return bytes.toString('base64');
  }
  const index = draw(value.length);
  return value.slice(0, index) + String.fromCharCode(value.charCodeAt(index) ^ (1 << draw(5))) + value.slice(index + 1);
}

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const below = entries.flatMap(([key, member]) => pathsOf(member, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function at(value: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (one, key) => (typeof one === 'object' && one !== null ? (one as Record<string, Json>)[key] : undefined),
    value,
  );
}

/** A copy with another value at a place. */
function put(document: Json, path: Path, value: Json | undefined): Json {
  const copy = structuredClone(document);
  const holder = at(copy, path.slice(0, -1));
  if (typeof holder === 'object' && holder !== null)
    (holder as Record<string, Json>)[path.at(-1) ?? ''] = value ?? null;
  return copy;
}

function withoutMember(document: Json, path: Path): Json {
  const copy = structuredClone(document);
  const holder = at(copy, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (isObject(holder)) delete holder[key];
  return copy;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => path[index] === key);
}

function print(document: Json): string {
  return JSON.stringify(document);
}

/** The document with a member named twice. */
function printTwice(document: Json, path: Path, second: Json): string | undefined {
  const key = path.at(-1);
  if (typeof key !== 'string') return undefined;
  const mark = 'x-mutant';
  const marked = put(document, [...path.slice(0, -1), mark], second);
  return print(marked).replace(`"${mark}":`, `${JSON.stringify(key)}:`);
}

function shuffle<Member>(members: readonly Member[], draw: Draw): Member[] {
  const rest = [...members];
  return members.flatMap(() => rest.splice(draw(rest.length), 1));
}

/** @see https://github.com/cprosche/mulberry32 */
function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  };
}
