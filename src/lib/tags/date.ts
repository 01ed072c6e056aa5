import { type LocalTime, splitFormat, writeToken } from './date-tokens.ts';

/**
 * Writes a time, in milliseconds, in a time zone, by a format of Moment.js in English: `YYYYMMDD-HHmmss`; `[…]` is
 * literal, and so is a letter that means nothing.
 *
 * Undefined where there is no such zone, or its abbreviation is asked for (`z`), which only UTC has here: a rule is
 * checked with it.
 *
 * @see https://momentjs.com/docs/#/displaying/format/
 */
export function formatDate(timeMs: number, format: string, timeZone: string): string | undefined {
  const time = localTime(timeMs, timeZone);
  if (!time) return undefined;
  const written = splitFormat(format).map((piece) => writeToken(piece, time));
  return written.includes(undefined) ? undefined : written.join('');
}

function localTime(timeMs: number, timeZone: string): LocalTime | undefined {
  const parts = partsIn(timeMs, timeZone);
  if (!parts) return undefined;
  const { year, month, day, hour, minute, second } = parts;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  const offset = Math.round((shown - Math.floor(timeMs / 1000) * 1000) / 60_000);
  return { ...parts, timeMs, offset, timeZone };
}

function partsIn(timeMs: number, timeZone: string): Omit<LocalTime, 'timeMs' | 'offset' | 'timeZone'> | undefined {
  try {
    const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
    const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
    const format = new Intl.DateTimeFormat('en-US', { timeZone, ...numeric, ...clock });
    const found = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes) => found.get(name) ?? 0;
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
      second: part('second'),
    };
  } catch {
    return undefined;
  }
}
