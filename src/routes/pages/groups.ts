/** Names that begin alike, under what they share. */
export interface PrefixGroup<Item> {
  /** Ends with a hyphen, or is empty. */
  readonly prefix: string;
  readonly items: readonly { readonly item: Item; readonly rest: string }[];
}

/** A branch with fewer stays with its parent. */
const MIN_MEMBERS = 4;
/** A group is split only if its larger branches hold this share of it: else its members are what tells them apart. */
const MIN_SHARE = 0.6;

/**
 * Groups names by the words they begin with: `-gpu-nvidia-cuda-12-…` becomes a heading, and what tells its members apart
 * is never cut off. Whatever shares too little stands together, with the whole name.
 */
export function groupByPrefix<Item>(items: readonly Item[], nameOf: (item: Item) => string): PrefixGroup<Item>[] {
  return split('', items, nameOf)
    .filter(({ members }) => members.length > 0)
    .map(({ prefix, members }) => {
      return { prefix, items: members.map((item) => ({ item, rest: nameOf(item).slice(prefix.length) })) };
    });
}

interface Branch<Item> {
  readonly prefix: string;
  readonly members: readonly Item[];
}

function split<Item>(prefix: string, items: readonly Item[], nameOf: (item: Item) => string): Branch<Item>[] {
  const branches = new Map<string, Item[]>();
  const alone: Item[] = [];
  for (const item of items) {
    const end = nameOf(item).indexOf('-', prefix.length);
    const next = end < 0 ? undefined : nameOf(item).slice(0, end + 1);
    if (next === undefined || next === '') alone.push(item);
    else branches.set(next, [...(branches.get(next) ?? []), item]);
  }
  const large = [...branches].filter(([, members]) => members.length >= MIN_MEMBERS);
  const held = large.reduce((sum, [, members]) => sum + members.length, 0);
  if (held < items.length * MIN_SHARE) return [{ prefix: isWord(prefix) ? prefix : '', members: items }];
  const small = [...branches].filter(([, members]) => members.length < MIN_MEMBERS).flatMap(([, members]) => members);
  const rest = { prefix: isWord(prefix) ? prefix : '', members: [...alone, ...small] };
  return [...large.flatMap(([next, members]) => split(next, members, nameOf)), rest];
}

/** A hyphen alone says nothing. */
function isWord(prefix: string): boolean {
  return /[^-]/.test(prefix);
}
