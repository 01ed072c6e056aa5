/** A part of a blob, in bytes: `to` is the first one after it. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * Parses a `Range` header; undefined where the whole is to be served, because there is no header, or one that asks for
 * several ranges or in another unit.
 *
 * @param size - of the blob, in bytes
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
 */
export function parseRange(header: string | undefined, size: number): Window | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.replace(/\s+/g, '') ?? '');
  if (!match) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  // The last bytes of nothing are all of it.
  if (first === '' && size === 0) return undefined;
  if (first === '') return Number(last) === 0 ? 'unsatisfiable' : { from: Math.max(0, size - Number(last)), to: size };
  const from = Number(first);
  if (last !== '' && Number(last) < from) return undefined;
  if (from >= size) return 'unsatisfiable';
  return { from, to: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** As `Range` and `Content-Range` write it, without the unit. */
export function formatWindow({ from, to }: Window): string {
  return `${from}-${to - 1}`;
}
