import { OciError } from './error.ts';

/** One scheme of a `WWW-Authenticate` header, names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Several times what any registry sends. */
const MAX_LENGTH = 16 * 1024;

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const SPACES = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Scans a `WWW-Authenticate` header: several schemes may stand in one, and a quoted value may hold commas
 * (`scope="repository:a:pull,push"`).
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 * @throws {OciError} CHALLENGE_INVALID
 */
export function parseChallenges(header: string): Challenge[] {
  if (header.length > MAX_LENGTH) throw new OciError('CHALLENGE_INVALID', 'the challenge is too long');
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  take(SEPARATORS);
  while (at < header.length) {
    const name = take(TOKEN)?.[0]?.toLowerCase();
    if (name === undefined) throw new OciError('CHALLENGE_INVALID', `the challenge cannot be read at character ${at}`);
    take(SPACES);
    const current = challenges.at(-1);
    if (header[at] === '=' && current) {
      at += 1;
      take(SPACES);
      const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(TOKEN)?.[0];
      if (value === undefined) throw new OciError('CHALLENGE_INVALID', `the parameter ${name} has no value`);
      current.parameters[name] = value;
    } else {
      challenges.push({ scheme: name, parameters: {} });
      take(TOKEN68);
    }
    take(SEPARATORS);
  }
  return challenges;
}
