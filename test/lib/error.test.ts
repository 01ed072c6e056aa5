import { describe, expect, it } from 'vitest';
import { CodedError, messageOf } from '../../src/lib/error.ts';

class LetterError extends CodedError<'A' | 'B'> {}

describe('CodedError', () => {
  it('has a code, a message and the name of its class', () =>
    expect(new LetterError('A', 'not B')).toMatchObject({ code: 'A', message: 'not B', name: 'LetterError' }));
  it('is an Error', () => expect(new LetterError('A', '')).toBeInstanceOf(Error));
  it('keeps its cause', () => {
    const cause = new Error('why');
    expect(new LetterError('A', '', { cause }).cause).toBe(cause);
  });
  it('has no cause where there is none', () => expect('cause' in new LetterError('A', '')).toBe(false));
  it('says when to try again, where the peer did', () =>
    expect([new LetterError('A', '', { retryAfterMs: 5 }).retryAfterMs, new LetterError('A', '').retryAfterMs]).toEqual(
      [5, undefined],
    ));
});

describe('messageOf', () => {
  it('gives the message of an error', () => expect(messageOf(new TypeError('why'))).toBe('why'));
  it.each([
    ['a text', 'why', 'why'],
    ['nothing', undefined, 'undefined'],
    ['a number', 7, '7'],
  ])('makes a text of %s', (_, thrown, expected) => expect(messageOf(thrown)).toBe(expected));
});
