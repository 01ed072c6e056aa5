import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkerd } from '../../demo/workerd.ts';
import { BUILDER, startWorld, type World } from './world.ts';

const START_MS = 90_000;

describe('the Worker in workerd alone', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ startOn: startWorkerd });
  }, START_MS);
  afterAll(() => world?.close());

  it('goes on after a kill with what it had stored', { timeout: START_MS }, async () => {
    const [leg] = await world.push('go-skynet/local-ai-backends', 'workerd');
    const claims = { ...BUILDER, run_id: '7001' };
    const reported = await world.report({ suffix: '-w', arch: 'amd64', digest: leg?.digest ?? '', claims });
    expect(reported).toMatchObject({ status: 202, body: { missing: ['arm64'] } });
    await world.restart();
    const { body } = await world.call({ path: '/v1/merges/localai/7001/-w' });
    expect(body).toMatchObject({ missing: ['arm64'], arrivals: [{ digest: leg?.digest }] });
  });

  it('says why it does not start', { timeout: START_MS }, async () => {
    await expect(startWorkerd({ audience: 'sigstore' })).rejects.toThrow(/CONFIG_INVALID.*MUSTER\.audience/s);
  });
});
