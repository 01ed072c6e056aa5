import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/lib/error.ts';
import { HttpError } from '../../../src/lib/http-error.ts';
import { MergeError } from '../../../src/lib/merge/error.ts';
import { failureOf } from '../../../src/lib/merge/failure.ts';
import { OciError } from '../../../src/lib/oci/error.ts';

const services = { now: () => 1_000, caller: { random: () => 1 } } as unknown as Parameters<typeof failureOf>[2];

describe('failureOf', () => {
  it('tries a time-out again', () => {
    expect(failureOf(new HttpError('PEER_TIMEOUT', 'slow'), 1, services)).toMatchObject({
      code: 'PEER_TIMEOUT',
      retry_at: 3_000,
    });
  });
  it('doubles the pause with each try', () => {
    expect(failureOf(new HttpError('PEER_TIMEOUT', 'slow'), 4, services).retry_at).toBe(17_000);
  });
  it('never pauses longer than ten minutes', () => {
    expect(failureOf(new HttpError('PEER_TIMEOUT', 'slow'), 40, services).retry_at).toBe(601_000);
  });
  it('waits as long as the peer asks', () => {
    expect(failureOf(new HttpError('PEER_BUSY', 'busy', { retryAfterMs: 60_000 }), 1, services).retry_at).toBe(61_000);
  });
  it('waits as long, where a tag lock was asked to', () => {
    const refusal = new CodedError('PEER_BUSY', 'busy', { retryAfterMs: 60_000 });
    expect(failureOf(refusal, 1, services).retry_at).toBe(61_000);
  });
  it('calls a refusal of ours by the registry TARGET_REFUSED', () => {
    expect(failureOf(new OciError('DENIED', 'no'), 1, services)).toEqual({
      code: 'TARGET_REFUSED',
      detail: 'no',
      tries: 1,
    });
  });
  it('leaves a gone source to a person', () => {
    expect(failureOf(new MergeError('SOURCE_GONE', 'gone'), 1, services).retry_at).toBeUndefined();
  });
  it.each(['DIGEST_MISMATCH', 'MANIFEST_INVALID'] as const)(
    'tries %s a few times: bytes may be spoilt on their way',
    (code) => {
      const retries = [1, 2, 3, 4, 5].map((tries) => failureOf(new OciError(code, 'x'), tries, services).retry_at);
      expect(retries).toEqual([3_000, 5_000, 9_000, 17_000, undefined]);
    },
  );
  it('goes on at once where an invocation made all its calls, and counts no try', () => {
    expect(failureOf(new HttpError('CALLS_SPENT', 'spent'), 3, services)).toMatchObject({ tries: 2, retry_at: 1_000 });
  });
  it('keeps what an unknown error says out of the answer', () => {
    const failure = failureOf(new Error('Authorization: Bearer canary'), 1, services);
    expect(failure).toMatchObject({ code: 'INTERNAL', detail: 'an unexpected error; see the log' });
  });
});
