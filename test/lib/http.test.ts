import { describe, expect, it } from 'vitest';
import { createGate, parseRetryAfter, readBody } from '../../src/lib/http.ts';

describe('parseRetryAfter', () => {
  it('reads seconds', () => expect(parseRetryAfter('7', 0)).toBe(7000));
  it('reads an HTTP date', () => expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:09 GMT', 4000)).toBe(5000));
  it('ignores what it cannot read', () => expect(parseRetryAfter('soon', 0)).toBeUndefined());
});

describe('readBody', () => {
  it('refuses a body longer than the limit, whatever was announced', async () => {
    await expect(readBody(new Response('x'.repeat(11)), 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
  it('notices a body that ends early', async () => {
    const response = new Response('abc', { headers: { 'Content-Length': '5' } });
    await expect(readBody(response, 10)).rejects.toMatchObject({ code: 'BODY_TRUNCATED' });
  });
});

describe('createGate', () => {
  it('lets no more than its limit through at a time', async () => {
    const gate = createGate(2);
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 7 }, () => gate(work)));
    expect(most).toBe(2);
  });
});
