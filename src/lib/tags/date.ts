/** Each piece of a format that stands for something; any other letter is not known. */
const TOKEN = /\[([^\]]*)\]|YYYY|YY|MM|M|DDDD|DDD|DD|D|HH|H|hh|h|mm|m|ss|s|SSS|ZZ|Z|X|x|A|a|[A-Za-z]|[^A-Za-z[]+|\[/g;

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * Writes a time, in milliseconds, in a time zone, by a format such as `YYYYMMDD-HHmmss`; `[…]` is literal.
 *
 * Undefined where the format holds a letter that is not known, or the zone is none: a rule is checked with it.
 *
 * @see https://momentjs.com/docs/#/displaying/format/
 */
export function formatDate(timeMs: number, format: string, timeZone: string): string | undefined {
  const parts = partsIn(timeMs, timeZone);
  if (!parts) return undefined;
  const offset = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const offsetMinutes = Math.round((offset - Math.floor(timeMs / 1000) * 1000) / 60_000);
  let text = '';
  for (const [token, literal] of format.matchAll(TOKEN)) {
    const written = literal ?? writeToken(token, parts, timeMs, offsetMinutes);
    if (written === undefined) return undefined;
    text += written;
  }
  return text;
}

function partsIn(timeMs: number, timeZone: string): Parts | undefined {
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

function writeToken(token: string, parts: Parts, timeMs: number, offsetMinutes: number): string | undefined {
  const { year, month, day, hour, minute, second } = parts;
  const dayOfYear = (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / 86_400_000;
  const known: Readonly<Record<string, string>> = {
    YYYY: pad(year, 4),
    YY: pad(year % 100),
    MM: pad(month),
    M: `${month}`,
    DDDD: pad(dayOfYear, 3),
    DDD: `${dayOfYear}`,
    DD: pad(day),
    D: `${day}`,
    HH: pad(hour),
    H: `${hour}`,
    hh: pad(hour % 12 || 12),
    h: `${hour % 12 || 12}`,
    mm: pad(minute),
    m: `${minute}`,
    ss: pad(second),
    s: `${second}`,
    SSS: pad(timeMs % 1000, 3),
    X: `${Math.floor(timeMs / 1000)}`,
    x: `${timeMs}`,
    A: hour < 12 ? 'AM' : 'PM',
    a: hour < 12 ? 'am' : 'pm',
    Z: writeOffset(offsetMinutes, ':'),
    ZZ: writeOffset(offsetMinutes, ''),
  };
  if (/^[A-Za-z]/.test(token)) return Object.hasOwn(known, token) ? known[token] : undefined;
  return token;
}

function pad(value: number, length = 2): string {
  return `${value}`.padStart(length, '0');
}

function writeOffset(minutes: number, separator: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}
