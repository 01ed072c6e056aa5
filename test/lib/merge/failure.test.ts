import { describe, expect, it } from 'vitest';
import { HttpError } from '../../../src/lib/http.ts';
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
  it('keeps what an unknown error says out of the answer', () => {
    const failure = failureOf(new Error('Authorization: Bearer canary'), 1, services);
    expect(failure).toMatchObject({ code: 'INTERNAL', detail: 'an unexpected error; see the log' });
  });
});
