import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import dsse from '../lib/gallery/fixtures/dsse.json';
import dsseRoot from '../lib/gallery/fixtures/dsse-trusted-root.json';
import { ARTIFACT, ARTIFACT_DIGEST, POLICY, setUpRoutes } from './verify-setup.ts';

const { post } = setUpRoutes();
const options = { numRuns: 200, seed: 20_261_101 };
const request = { bundle: dsse, artifact_digest: ARTIFACT_DIGEST, policy: POLICY, trusted_root: dsseRoot };
const member = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom('{', '[]', '', btoa(ARTIFACT), JSON.stringify(dsse), 'beacon', `sha256:${'A'.repeat(64)}`, null),
);

describe('POST /v1/verify/bundle', () => {
  const verdicts = [200, 400, 403];
  it('answers any bytes with a refusal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (body) => {
        expect((await post('/v1/verify/bundle', body)).status).toBe(400);
      }),
      options,
    );
  });
  it('answers any member in place of its own with a verdict or a refusal, never a 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(request), 'artifact'), member, async (key, value) => {
        const { status } = await post('/v1/verify/bundle', { ...request, [key]: value });
        expect(verdicts).toContain(status);
      }),
      options,
    );
  });
  it('answers a truncated request with 400', async () => {
    const text = JSON.stringify(request);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), async (length) => {
        expect((await post('/v1/verify/bundle', text.slice(0, length))).status).toBe(400);
      }),
      { ...options, numRuns: 50 },
    );
  });
});
