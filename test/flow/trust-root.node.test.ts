import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../demo/config.ts';
import { type Served, serve } from '../../demo/serve.ts';
import { TufRepository } from '../lib/trust/tuf-repository.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const SUFFIX = '-tuf';

/** A world whose Sigstore publishes its documents by TUF, and the mirror. */
async function startTufWorld(timestampExpires?: number) {
  const repository = new TufRepository(Date.now()).publishRoot();
  const mirror = await serve((request) => repository.fetch(request.url));
  const world = await startWorld({
    configure: (config) => {
      const documents = {
        'trusted_root.json': JSON.stringify(config.sigstore.trusted_root),
        'signing_config.v0.2.json': JSON.stringify(config.sigstore.signing_config),
      };
      repository.publish(documents, timestampExpires === undefined ? {} : { expires: { timestamp: timestampExpires } });
      return { ...config, sigstore: { tuf: { url: `${mirror.origin}/tuf`, root: repository.root } } };
    },
  });
  return { repository, mirror, world };
}

describe('a Sigstore that publishes its documents by TUF', () => {
  let world: World;
  let mirror: Served;
  let repository: TufRepository;
  const verify = (query = '') => {
    const ref = `${world.stack.registries[1].host}/${CORE}:master${SUFFIX}`;
    return world.call({ path: `/v1/verify?ref=${ref}&policy=core${query}` });
  };

  beforeAll(async () => {
    ({ world, mirror, repository } = await startTufWorld());
    for (const image of await world.push(CORE, 'tuf'))
      await world.report({ suffix: SUFFIX, ...image, claims: AT_ONCE });
  }, 60_000);
  afterAll(async () => {
    await world?.close();
    await mirror?.close();
  });

  it('is signed with, and verified by', async () => {
    expect(await verify()).toMatchObject({ status: 200, body: { verified: true, trusted_root: { source: 'tuf' } } });
  });
  it('was asked once', () => {
    expect(repository.calls.filter((call) => call === 'timestamp.json')).toHaveLength(1);
  });
  it('is still trusted after a kill, while its mirror is down', async () => {
    await mirror.close();
    await world.restart();
    expect(await verify('&platform=linux/amd64')).toMatchObject({ status: 200, body: { verified: true } });
  }, 30_000);
});

describe('a Sigstore whose documents are expired', () => {
  it('is trusted with nothing', async () => {
    const { world, mirror } = await startTufWorld(Date.now() - 1000);
    try {
      const ref = `${world.stack.registries[1].host}/${CORE}:master`;
      expect(await world.call({ path: `/v1/verify?ref=${ref}&policy=core` })).toMatchObject({
        status: 503,
        body: { code: 'TRUST_ROOT_EXPIRED' },
      });
    } finally {
      await world.close();
      await mirror.close();
    }
  }, 60_000);
});
