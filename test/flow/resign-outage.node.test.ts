import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE, IMAGE } from '../../demo/config.ts';
import { AT_ONCE, startWorld, type World } from './world.ts';

const MAINTAIN = { ...AT_ONCE, event_name: 'workflow_dispatch', run_id: '9000' };
/** Two images each, in two registries: more than one bundle, and one invocation, hold. */
const PAIRS = 26;

let world: World;
let refs: string[];
/** How many entries the log still takes. */
let entriesLeft = Number.POSITIVE_INFINITY;

beforeAll(async () => {
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) => {
        const maintain = { workflows: [IMAGE], events: ['workflow_dispatch'] };
        return project.name === 'core' ? { ...project, roles: { ...project.roles, maintain } } : project;
      }),
    }),
    intercept: async (request, handler) => {
      if (!new URL(request.url).pathname.endsWith('/log/entries')) return handler(request);
      entriesLeft -= 1;
      return entriesLeft < 0 ? new Response('', { status: 503 }) : handler(request);
    },
  });
  const digests: string[] = [];
  for (let at = 0; at < PAIRS; at += 1)
    digests.push(...(await world.push(CORE, `pair ${at}`)).map(({ digest }) => digest));
  refs = world.stack.registries.flatMap(({ host }) => digests.map((digest) => `${host}/${CORE}@${digest}`));
}, 60_000);
afterAll(() => world?.close());

const resign = () => world.call({ method: 'POST', path: '/v1/signatures', claims: MAINTAIN, body: { refs } });

describe('POST /v1/signatures, where the log goes away', () => {
  it('is 503 before anything is signed', async () => {
    entriesLeft = 0;
    expect(await resign()).toMatchObject({ status: 503, body: { code: 'PEER_FAILED' } });
  }, 60_000);
  it('tells of each reference after others were signed', async () => {
    entriesLeft = 1;
    const { status, body } = await resign();
    const results = body.results as { state: string; code?: string }[];
    expect([status, body.code]).toEqual([422, 'SIGNATURES_INCOMPLETE']);
    expect(results.map(({ state, code }) => code ?? state)).toEqual([
      ...Array(100).fill('signed'),
      ...Array(4).fill('PEER_FAILED'),
    ]);
  }, 60_000);
});
