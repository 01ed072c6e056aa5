import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../../../src/lib/sigstore/checkpoint.ts';

const sign = (name: string, first: string) => `\u2014 ${name} ${Buffer.from(`${first}and more`).toString('base64')}\n`;
const OWN = sign('log.test', 'own!');
const WITNESS = sign('witness.test', 'wit!');
const note = (signatures: string, origin = 'log.test') => `${origin}\n7\nAAAA\n\n${signatures}`;

describe('parseCheckpoint', () => {
  it('reads size and root', () => {
    expect(parseCheckpoint(note(OWN), true)).toEqual({ treeSize: '7', rootHash: 'AAAA' });
  });
  it('leaves witnesses alone', () => {
    expect(parseCheckpoint(note(WITNESS + OWN), true)).toBeDefined();
  });
  it('allows a log two keys', () => {
    expect(parseCheckpoint(note(OWN + sign('log.test', 'new!')), true)).toBeDefined();
  });
  it("goes by the one signature of Rekor's first version, whose origin has a number too", () => {
    expect(parseCheckpoint(note(OWN, 'log.test - 42'), false)).toBeDefined();
    expect(() => parseCheckpoint(note(OWN + WITNESS, 'log.test - 42'), false)).toThrow();
  });
  it.each([
    ['no signature', note('')],
    ['no blank line', note(OWN).replace('\n\n', '\n')],
    ['two blank lines', note(`\n${OWN}`)],
    ['text between the signatures', note(`${OWN}hello\n`)],
    ['no line break at the end', note(OWN).trimEnd()],
    ['a return', note(OWN).replaceAll('\n', '\r\n')],
    ['a NUL', note(OWN, 'log.test\u0000')],
    ['a hyphen for the dash', note(OWN.replace('\u2014', '-'))],
    ['two spaces', note(OWN.replace(' log', '  log'))],
    ['a name with a plus', note(sign('log+test', 'own!'), 'log+test')],
    ['a signature that is too short', note('\u2014 log.test AAAA\n')],
    ['a signature whose base64 is cut', note(OWN.replace(/=*\n$/, 'A\n'))],
    ["only a witness's signature", note(WITNESS)],
    ['a name that is part of the origin', note(sign('og.test', 'own!'))],
    ["the log's signature twice", note(OWN + OWN)],
    ["the log's key under another name too", note(OWN + sign('log', 'own!'))],
    ['17 KB', note(WITNESS.repeat(1000) + OWN)],
  ])('refuses %s', (_, envelope) => {
    expect(() => parseCheckpoint(envelope, true)).toThrow(/^a checkpoint is/);
  });
});
