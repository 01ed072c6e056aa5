/** A time as a clock and calendar in some zone show it. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** The same in every zone. */
  readonly timeMs: number;
  /** Minutes east of UTC. */
  readonly offset: number;
  readonly timeZone: string;
}

type Write = (time: LocalTime) => string | undefined;

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Formats that stand for longer ones, in English. @see https://momentjs.com/docs/#/displaying/format/ (localized formats) */
const LONG: Readonly<Record<string, string>> = {
  LT: 'h:mm A',
  LTS: 'h:mm:ss A',
  L: 'MM/DD/YYYY',
  l: 'M/D/YYYY',
  LL: 'MMMM D, YYYY',
  ll: 'MMM D, YYYY',
  LLL: 'MMMM D, YYYY h:mm A',
  lll: 'MMM D, YYYY h:mm A',
  LLLL: 'dddd, MMMM D, YYYY h:mm A',
  llll: 'ddd, MMM D, YYYY h:mm A',
};
const LONG_PIECE = /\[[^[\]]*\]|\\?(?:LTS|LT|L{1,4}|l{1,4})/g;

/** Each piece of a format: `[literal]`, `\x`, or the longest run of letters that means something; else one character. */
const PIECE = new RegExp(
  [
    '\\[[^[\\]]*\\]',
    '|\\\\?(?:[Hh]mm(?:ss)?|Mo|M{1,4}|DDDo|Do|D{1,4}|do|d{1,4}|w[ow]?|W[oW]?|Qo?|N{1,5}|Y{4,6}|YY|y{2,4}|yo?',
    '|g{4,5}|gg|G{4,5}|GG|hh?|HH?|kk?|mm?|ss?|S{1,9}|zz?|ZZ?|[eEaAxX]|[^])',
  ].join(''),
  'g',
);

/** The pieces of a format, those that stand for longer ones written out. */
export function splitFormat(format: string): readonly string[] {
  const long = format.replace(LONG_PIECE, (piece) => LONG[piece] ?? piece);
  return [...long.matchAll(PIECE)].map(([piece]) => piece);
}

/** What a piece of a format says of a time; undefined where that is not known here. */
export function writeToken(piece: string, time: LocalTime): string | undefined {
  if (/^\[.*\]$/s.test(piece)) return piece.slice(1, -1);
  const write = Object.hasOwn(TOKENS, piece) ? TOKENS[piece] : undefined;
  return write ? write(time) : piece.replace(/^\\/, '');
}

const dayOfWeek = ({ year, month, day }: LocalTime) => new Date(Date.UTC(year, month - 1, day)).getUTCDay();
const dayOfYear = ({ year, month, day }: LocalTime) => dayNumber(Date.UTC(year, month - 1, day));
const hour12 = ({ hour }: LocalTime) => hour % 12 || 12;
const hour24 = ({ hour }: LocalTime) => hour || 24;
const quarter = ({ month }: LocalTime) => Math.ceil(month / 3);
const isoDay = (time: LocalTime) => dayOfWeek(time) || 7;
/** English weeks begin on Sunday and belong to the year of their Saturday. */
const week = (time: LocalTime) => weekOf(time, 6 - dayOfWeek(time));
/** @see https://www.iso.org/iso-8601-date-and-time-format.html: weeks belong to the year of their Thursday */
const isoWeek = (time: LocalTime) => weekOf(time, 4 - isoDay(time));
const anno = () => 'AD';

const CALENDAR: Readonly<Record<string, Write>> = {
  Y: ({ year }) => `${year}`,
  YY: ({ year }) => pad(year % 100),
  YYYY: ({ year }) => pad(year, 4),
  YYYYY: ({ year }) => pad(year, 5),
  YYYYYY: ({ year }) => `+${pad(year, 6)}`,
  y: ({ year }) => `${year}`,
  yo: ({ year }) => ordinal(year),
  yy: ({ year }) => pad(year),
  yyy: ({ year }) => pad(year, 3),
  yyyy: ({ year }) => pad(year, 4),
  N: anno,
  NN: anno,
  NNN: anno,
  NNNN: () => 'Anno Domini',
  NNNNN: anno,
  Q: (time) => `${quarter(time)}`,
  Qo: (time) => ordinal(quarter(time)),
  M: ({ month }) => `${month}`,
  Mo: ({ month }) => ordinal(month),
  MM: ({ month }) => pad(month),
  MMM: ({ month }) => MONTHS[month - 1]?.slice(0, 3),
  MMMM: ({ month }) => MONTHS[month - 1],
  D: ({ day }) => `${day}`,
  Do: ({ day }) => ordinal(day),
  DD: ({ day }) => pad(day),
  DDD: (time) => `${dayOfYear(time)}`,
  DDDo: (time) => ordinal(dayOfYear(time)),
  DDDD: (time) => pad(dayOfYear(time), 3),
};

const WEEK: Readonly<Record<string, Write>> = {
  d: (time) => `${dayOfWeek(time)}`,
  do: (time) => ordinal(dayOfWeek(time)),
  dd: (time) => DAYS[dayOfWeek(time)]?.slice(0, 2),
  ddd: (time) => DAYS[dayOfWeek(time)]?.slice(0, 3),
  dddd: (time) => DAYS[dayOfWeek(time)],
  e: (time) => `${dayOfWeek(time)}`,
  E: (time) => `${isoDay(time)}`,
  w: (time) => `${week(time).week}`,
  wo: (time) => ordinal(week(time).week),
  ww: (time) => pad(week(time).week),
  W: (time) => `${isoWeek(time).week}`,
  Wo: (time) => ordinal(isoWeek(time).week),
  WW: (time) => pad(isoWeek(time).week),
  gg: (time) => pad(week(time).year % 100),
  gggg: (time) => pad(week(time).year, 4),
  ggggg: (time) => pad(week(time).year, 5),
  GG: (time) => pad(isoWeek(time).year % 100),
  GGGG: (time) => pad(isoWeek(time).year, 4),
  GGGGG: (time) => pad(isoWeek(time).year, 5),
};

const CLOCK: Readonly<Record<string, Write>> = {
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  a: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  H: ({ hour }) => `${hour}`,
  HH: ({ hour }) => pad(hour),
  h: (time) => `${hour12(time)}`,
  hh: (time) => pad(hour12(time)),
  k: (time) => `${hour24(time)}`,
  kk: (time) => pad(hour24(time)),
  Hmm: ({ hour, minute }) => `${hour}${pad(minute)}`,
  Hmmss: ({ hour, minute, second }) => `${hour}${pad(minute)}${pad(second)}`,
  hmm: (time) => `${hour12(time)}${pad(time.minute)}`,
  hmmss: (time) => `${hour12(time)}${pad(time.minute)}${pad(time.second)}`,
  m: ({ minute }) => `${minute}`,
  mm: ({ minute }) => pad(minute),
  s: ({ second }) => `${second}`,
  ss: ({ second }) => pad(second),
  X: ({ timeMs }) => `${Math.floor(timeMs / 1000)}`,
  x: ({ timeMs }) => `${timeMs}`,
  Z: ({ offset }) => writeOffset(offset, ':'),
  ZZ: ({ offset }) => writeOffset(offset, ''),
  z: writeZone,
  zz: writeZone,
};

/** `S` to `SSSSSSSSS`: as many digits of the second's fraction, of which three are known. */
const FRACTIONS: Readonly<Record<string, Write>> = Object.fromEntries(
  Array.from({ length: 9 }, (_, index) => [
    'S'.repeat(index + 1),
    ({ timeMs }: LocalTime) =>
      pad(timeMs % 1000, 3)
        .padEnd(9, '0')
        .slice(0, index + 1),
  ]),
);

const TOKENS: Readonly<Record<string, Write>> = { ...CALENDAR, ...WEEK, ...CLOCK, ...FRACTIONS };

/** Of a day at midnight in UTC, within its year, from 1. */
function dayNumber(midnightMs: number): number {
  return (midnightMs - Date.UTC(new Date(midnightMs).getUTCFullYear(), 0, 0)) / 86_400_000;
}

/** The week, and the year that it belongs to: that of the day so many days from now. */
function weekOf({ year, month, day }: LocalTime, days: number): { readonly week: number; readonly year: number } {
  const decisive = Date.UTC(year, month - 1, day + days);
  return { week: Math.ceil(dayNumber(decisive) / 7), year: new Date(decisive).getUTCFullYear() };
}

function pad(value: number, length = 2): string {
  return `${value}`.padStart(length, '0');
}

function ordinal(value: number): string {
  const tens = Math.floor((value % 100) / 10);
  const ending = tens === 1 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${ending}`;
}

function writeOffset(minutes: number, separator: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}${separator}${pad(size % 60)}`;
}

/** Abbreviations (CET, JST) are in a database of Moment's own that Workers have not. */
function writeZone({ timeZone }: LocalTime): string | undefined {
  return /^(Etc\/)?UTC$/i.test(timeZone) ? 'UTC' : undefined;
}
