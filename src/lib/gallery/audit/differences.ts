import type { AuditCode, Installs, JudgedEntry } from './evaluate.ts';

/** What differs between two judgements of a gallery. */
export interface Differences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedEntry[];
}

export interface ChangedEntry {
  readonly name: string;
  readonly uri: string;
  readonly code?: Change<AuditCode | null>;
  readonly digest?: Change<string | null>;
  /** Where a client would end with something else. */
  readonly installs?: readonly (Change<Installs['installs'] | null> & { readonly platform: string })[];
}

interface Change<Value> {
  readonly from: Value;
  readonly to: Value;
}

/** Compares two judgements, entry by entry; names alone would not do, for some are there twice. */
export function compareGalleries(before: readonly JudgedEntry[], after: readonly JudgedEntry[]): Differences {
  const old = new Map(before.map((entry) => [keyOf(entry), entry]));
  const now = new Map(after.map((entry) => [keyOf(entry), entry]));
  return {
    added: [...now].flatMap(([key, { name }]) => (old.has(key) ? [] : [name])),
    removed: [...old].flatMap(([key, { name }]) => (now.has(key) ? [] : [name])),
    changed: [...now].flatMap(([key, entry]) => {
      const earlier = old.get(key);
      return earlier ? compareEntries(earlier, entry) : [];
    }),
  };
}

function compareEntries(before: JudgedEntry, after: JudgedEntry): ChangedEntry[] {
  const code = changeOf(before.code, after.code);
  const digest = changeOf(digestOf(before), digestOf(after));
  const platforms = [...new Set([...before.platforms, ...after.platforms].map(({ platform }) => platform))];
  const installs = platforms.flatMap((platform) => {
    const change = changeOf(installsOf(before, platform), installsOf(after, platform));
    return change ? [{ platform, ...change }] : [];
  });
  if (!code && !digest && installs.length === 0) return [];
  return [
    {
      name: after.name,
      uri: uriOf(after),
      ...(code ? { code } : {}),
      ...(digest ? { digest } : {}),
      ...(installs.length > 0 ? { installs } : {}),
    },
  ];
}

function changeOf<Value>(from: Value, to: Value): Change<Value> | undefined {
  return from === to ? undefined : { from, to };
}

function keyOf(entry: JudgedEntry): string {
  return `${entry.name}\n${uriOf(entry)}`;
}

function uriOf({ references }: JudgedEntry): string {
  return references[0]?.uri ?? '';
}

function digestOf({ references }: JudgedEntry): string | null {
  return references[0]?.digest ?? null;
}

function installsOf({ platforms }: JudgedEntry, platform: string): Installs['installs'] | null {
  return platforms.find((one) => one.platform === platform)?.installs ?? null;
}
