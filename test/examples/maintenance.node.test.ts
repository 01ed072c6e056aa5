import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJob, runJob } from './job.ts';
import { type StrictMuster, startStrictMuster } from './strict-muster.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const REPOSITORY = 'quay.io/go-skynet/local-ai-backends';
const REF = `${REPOSITORY}@${DIGEST}`;

let muster: StrictMuster;
beforeEach(async () => {
  muster = await startStrictMuster();
});
afterEach(() => muster.close());

type Inputs = Readonly<Record<string, string>>;

/** What muster-admin.yml hands to backend_merge.yml, and what the job there does. */
function maintain(given: Inputs, event = 'workflow_dispatch') {
  const own = { call: '', refs: '', 'run-id': '', repository: '', tag: '', digest: '', ...given };
  const called = readJob('examples/localai/action/muster-admin.yml', 'maintain').with ?? {};
  const inputs = Object.entries(called).map(([name, value]) => {
    const from = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(String(value))?.[1] ?? '';
    return [name, own[from as keyof typeof own]];
  });
  return runJob(readJob('examples/localai/action/backend_merge.yml', 'maintain'), {
    contexts: {
      github: { event_name: event },
      vars: { MUSTER_URL: muster.url },
      inputs: { merges: '', project: 'localai', ...Object.fromEntries(inputs) },
    },
    identity: muster.identity,
  });
}

describe('muster-admin.yml', () => {
  it.each<[string, Inputs, string, object]>([
    ['signs what it is given', { call: 'sign', refs: `${REF}, ${REF}` }, '/v1/signatures', { refs: [REF] }],
    ['takes references as JSON', { call: 'sign', refs: `["${REF}"]` }, '/v1/signatures', { refs: [REF] }],
    ['puts a run’s tags back', { call: 'rollback', 'run-id': '77' }, '/v1/tags/rollback', { run_id: '77' }],
    [
      'puts one tag back',
      { call: 'rollback', repository: REPOSITORY, tag: 'master-x' },
      '/v1/tags/rollback',
      { repository: REPOSITORY, tag: 'master-x' },
    ],
    [
      'puts one tag to a digest',
      { call: 'rollback', repository: REPOSITORY, tag: 'master-x', digest: DIGEST },
      '/v1/tags/rollback',
      { repository: REPOSITORY, tag: 'master-x', digest: DIGEST },
    ],
  ])('%s', async (_, inputs, path, body) => {
    const { succeeded } = await maintain(inputs);
    expect([succeeded, muster.refused]).toEqual([true, []]);
    expect(muster.received).toMatchObject([
      { method: 'POST', path, lent: true, body: { project: 'localai', ...body } },
    ]);
  });
  it('stops another run than its own', async () => {
    expect((await maintain({ call: 'cancel', 'run-id': '77' })).succeeded).toBe(true);
    expect(muster.received).toMatchObject([{ path: '/v1/runs/localai/77/cancel', body: {} }]);
  });
  it('shows image by image what became of it', async () => {
    const results = [
      { ref: REF, state: 'signed', subjects: [], code: 'SHADOWED', detail: 'another one comes first' },
      { ref: `${REPOSITORY}@sha256:b`, state: 'failed', subjects: [], code: 'SOURCE_NOT_FOUND', detail: 'gone' },
    ];
    muster.reply({ status: 422, body: { project: 'localai', code: 'SIGNATURES_INCOMPLETE', results } });
    const { succeeded, summary, log } = await maintain({ call: 'sign', refs: REF });
    expect(succeeded).toBe(false);
    expect(summary).toContain(`| \`${REF}\` | signed | SHADOWED: another one comes first |`);
    expect(log).toContain(
      `::error title=Muster: SIGNATURES_INCOMPLETE::${REPOSITORY}@sha256:b: SOURCE_NOT_FOUND: gone`,
    );
  });
  it('shows tag by tag what was put back', async () => {
    const tags = [{ repository: REPOSITORY, name: 'master-x', state: 'rolled_back', digest: DIGEST }];
    muster.reply({ status: 200, body: { project: 'localai', tags } });
    const { summary } = await maintain({ call: 'rollback', 'run-id': '77' });
    expect(summary).toContain(`| \`${REPOSITORY}:master-x\` | rolled_back | ${DIGEST} |  |`);
  });
  it.each<[string, Inputs, string]>([
    ['nothing to sign', { call: 'sign' }, 'sign needs refs'],
    [
      'too much to sign',
      { call: 'sign', refs: Array.from({ length: 501 }, (_, at) => `r${at}`).join(' ') },
      'takes 500',
    ],
    ['nothing to put back', { call: 'rollback' }, 'rollback needs run-id, or repository and tag'],
    ['a run and a tag', { call: 'rollback', 'run-id': '1', repository: 'r', tag: 't' }, 'rollback takes run-id, or'],
    ['no run to stop', { call: 'cancel' }, 'cancel needs run-id'],
    ['no number of a run', { call: 'cancel', 'run-id': '1/../2' }, 'cancel needs run-id, a number'],
  ])('says what is wrong with %s, and calls nobody', async (_, inputs, message) => {
    const { succeeded, log } = await maintain(inputs);
    expect([succeeded, muster.received]).toEqual([false, []]);
    expect(log).toContain(message);
  });
  it('does nothing on another event', async () => {
    expect(await maintain({ call: 'sign', refs: REF }, 'push')).toMatchObject({ succeeded: true, steps: [] });
  });
});
