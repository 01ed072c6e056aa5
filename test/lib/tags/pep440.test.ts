import { describe, expect, it } from 'vitest';
import { parsePythonVersion } from '../../../src/lib/tags/pep440.ts';

describe('parsePythonVersion', () => {
  it.each([
    ['1', true],
    ['1.0+local', true],
    ['1.0a1', false],
    ['1.0.post1', false],
    ['1.0.dev1', false],
  ])('says of %s whether it is final: %s', (text, isFinal) => {
    expect(parsePythonVersion(text)?.isFinal).toBe(isFinal);
  });

  it.each(['', 'v', '1.', '.1', '1..2', '1.0-', '1.0a1b2', '1.0+', '1.0+a..b', 'a1', '1.0 1', '1!', '1!2!3'])(
    'knows no version in "%s"',
    (text) => {
      expect(parsePythonVersion(text)).toBeUndefined();
    },
  );

  it('reads no more than 256 characters', () => {
    expect(parsePythonVersion(`1${'.0'.repeat(128)}`)).toBeUndefined();
  });

  it('gives the release as numbers', () => {
    expect(parsePythonVersion('1!02.7.0rc1')?.release).toEqual([2, 7, 0]);
  });
});
