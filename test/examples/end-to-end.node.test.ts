import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, BACKENDS, BUILD, CORE, IMAGE, MERGE } from '../../demo/config.ts';
import { WORKFLOWS } from '../../demo/issuer/claims.ts';
import { serve } from '../../demo/serve.ts';
import { startWorld, type World } from '../flow/world.ts';
import { QUICK_CURL, readJob, runJob, type Surroundings } from './job.ts';

/** A workflow that a job runs in, at the branch. */
const at = (workflow: string) => `${workflow}@refs/heads/master`;
const REQUEST_TOKEN = 'of this job';

let world: World;
let tokens: Awaited<ReturnType<typeof serve>>;
/** `job_workflow_ref` of the job that asks next. */
let workflow = '';
/** Other claims of it. */
let others: Readonly<Record<string, string>> = {};
/** Each case is a run of its own: a plan must have all that arrives. */
let runId = '4242';

beforeAll(async () => {
  const maintain = {
    workflows: [MERGE],
    callers: [`${WORKFLOWS}/muster-admin.yml`],
    events: ['workflow_dispatch'],
  };
  world = await startWorld({
    configure: (config) => ({
      ...config,
      projects: config.projects.map((project) =>
        project.name === 'localai' ? { ...project, roles: { ...project.roles, maintain } } : project,
      ),
    }),
  });
  // GitHub's token service; the URL of the Worker stands for its audience, as it would where it is deployed.
  tokens = await serve(async (request) => {
    const asked = new URL(request.url).searchParams.get('audience') ?? '';
    if (request.headers.get('Authorization') !== `Bearer ${REQUEST_TOKEN}`) return new Response('', { status: 401 });
    const { issuer } = world.stack;
    const claims = issuer.claims({ job_workflow_ref: workflow, run_id: runId, ...others });
    return Response.json({ value: await issuer.token(claims, asked === world.worker().url ? AUDIENCE : asked) });
  });
}, 60_000);
afterAll(async () => {
  await tokens?.close();
  await world?.close();
});

function surroundings(contexts: Surroundings['contexts'], rest: Partial<Surroundings> = {}): Surroundings {
  return {
    contexts: { github: { event_name: 'push' }, vars: { MUSTER_URL: world.worker().url }, ...contexts },
    identity: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${tokens.origin}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    },
    programs: { curl: QUICK_CURL },
    runId,
    ...rest,
  };
}

describe.each(['backend_merge.yml', 'backend_merge-curl.yml'])('untouched-build/%s against Muster itself', (file) => {
  const suffix = `-cpu-${file.length}`;
  const legs = JSON.stringify({
    include: ['amd64', 'arm64'].map((arch) => ({ 'tag-suffix': suffix, 'platform-tag': arch, 'tag-latest': 'auto' })),
  });
  const finish = async (arches: readonly string[]) => {
    workflow = at(MERGE);
    const images = await world.push(BACKENDS, suffix);
    const files = images
      .filter(({ arch }) => arches.includes(arch))
      .map(({ arch, digest }) => `digests/digests${suffix}--${arch}/${digest.slice('sha256:'.length)}`);
    const job = readJob(`examples/localai/untouched-build/${file}`, 'finish');
    const other = 'digests/digests-other--amd64/0';
    return runJob(job, surroundings({ inputs: { project: 'localai', legs } }, { files: [...files, other] }));
  };

  it('is red, and names the leg that is missing', async () => {
    const { succeeded, log } = await finish(['amd64']);
    expect([succeeded, log]).toEqual([false, expect.stringContaining('arm64')]);
    expect(await world.tagged(`master${suffix}`)).toEqual([undefined, undefined]);
  }, 60_000);
  it.runIf(file === 'backend_merge.yml')(
    'annotates the job with the code, the suffix and the leg',
    async () => {
      const { log } = await finish(['amd64']);
      expect(log.split('\n')).toContain(`::error title=Muster: RUN_INCOMPLETE::${suffix}: waiting, missing arm64`);
    },
    60_000,
  );
  it('publishes in both registries', async () => {
    const { succeeded, summary } = await finish(['amd64', 'arm64']);
    expect([succeeded, summary]).toEqual([true, expect.stringContaining(`| \`${suffix}\` | published |`)]);
    const [first, second] = await world.tagged(`master${suffix}`);
    expect(first).toMatch(/^sha256:/);
    expect(second).toBe(first);
  }, 60_000);
});

describe.each(['action', 'curl'])('%s against Muster itself: matrix, build and finishing job', (how) => {
  const suffix = `-cpu-${how}`;
  const rows = ['amd64', 'arm64'].map((arch) => ({ 'tag-suffix': suffix, 'platform-tag': arch, 'tag-latest': 'auto' }));
  const run = async (file: string, name: string, by: string, contexts: object, outputs: Surroundings['outputs']) => {
    workflow = at(by);
    const job = readJob(`examples/localai/${how}/${file}`, name);
    // What LocalAI's own script does is given by its outputs.
    const steps = (job.steps ?? []).filter(({ id }) => id !== 'set-matrix');
    return runJob({ ...job, steps }, surroundings({ secrets: {}, ...contexts }, { ...(outputs ? { outputs } : {}) }));
  };

  it('publishes what the plan has, and nothing before it is complete', async () => {
    runId = `77${how.length}`;
    const matrix = JSON.stringify({ include: rows });
    const planned = await run(
      'backend.yml',
      'generate-matrix',
      `${WORKFLOWS}/backend.yml`,
      {},
      {
        'set-matrix': { 'matrix-multiarch': matrix, 'matrix-singlearch-1': '', 'matrix-darwin': '' },
      },
    );
    expect(planned.succeeded, planned.log).toBe(true);
    const finish = () =>
      run('backend_merge.yml', 'finish', MERGE, { inputs: { project: 'localai', merges: matrix } }, {});
    const images = await world.push(BACKENDS, suffix);
    for (const { arch, digest } of images) {
      const early = await finish();
      expect([early.succeeded, early.log]).toEqual([false, expect.stringContaining('arm64')]);
      const inputs = { project: 'localai', 'tag-suffix': suffix, 'platform-tag': arch, 'tag-latest': 'auto' };
      const built = await run('backend_build.yml', 'backend-build', BUILD, { inputs }, { build: { digest } });
      expect(built.succeeded, built.log).toBe(true);
    }
    const { succeeded, summary } = await finish();
    expect([succeeded, summary]).toEqual([true, expect.stringContaining(`| \`${suffix}\` | published |`)]);
    expect(await world.tagged(`master${suffix}`)).toEqual([expect.stringMatching(/^sha256:/), expect.any(String)]);
  }, 60_000);
});

describe('at-once/build.yml against Muster itself', () => {
  it('publishes with its last leg', async () => {
    workflow = at(IMAGE);
    const images = await world.push(CORE, 'at once');
    const states = [];
    for (const { arch, digest } of images) {
      const job = readJob('examples/at-once/build.yml', 'build');
      const outputs = { build: { digest } };
      states.push(await runJob(job, surroundings({ matrix: { platform: arch } }, { outputs })));
    }
    expect(states.map(({ succeeded, summary }) => [succeeded, summary.split('\n')[0]])).toEqual([
      [true, expect.stringContaining('waiting')],
      [true, expect.stringContaining('published')],
    ]);
    expect(await world.tagged('master', CORE)).toEqual([expect.stringMatching(/^sha256:/), expect.any(String)]);
  }, 60_000);
});

describe('muster-admin.yml against Muster itself', () => {
  const maintain = (inputs: Readonly<Record<string, string>>) => {
    workflow = at(MERGE);
    runId = '9000';
    const given = {
      project: 'localai',
      merges: '',
      refs: '',
      'run-id': '',
      repository: '',
      tag: '',
      digest: '',
      ...inputs,
    };
    const github = { event_name: 'workflow_dispatch' };
    const job = readJob('examples/localai/action/backend_merge.yml', 'maintain');
    return runJob(job, surroundings({ github, inputs: given }));
  };
  beforeAll(() => {
    others = { workflow_ref: at(`${WORKFLOWS}/muster-admin.yml`), event_name: 'workflow_dispatch' };
  });
  afterAll(() => {
    others = {};
  });

  it('signs what was published before', async () => {
    const [image] = await world.push(BACKENDS, 'published before Muster');
    const refs = world.stack.registries.map(({ host }) => `${host}/${BACKENDS}@${image?.digest}`);
    const { succeeded, log, summary } = await maintain({ maintenance: 'sign', refs: refs.join(' ') });
    expect([succeeded, summary], log).toEqual([true, expect.stringContaining(`| \`${refs[0]}\` | signed |`)]);
    const verdicts = refs.map((ref) => world.call({ path: `/v1/verify?policy=localai&ref=${ref}` }));
    expect(await Promise.all(verdicts)).toMatchObject([{ body: { verified: true } }, { body: { verified: true } }]);
  }, 60_000);
  it('puts a run’s tags back, or says of each why not', async () => {
    const { succeeded, summary, log } = await maintain({ maintenance: 'rollback', 'run-id': '776' });
    expect([succeeded, summary], log).toEqual([true, expect.stringContaining('master-cpu-action` | refused |')]);
  }, 60_000);
  it('stops a run', async () => {
    expect((await maintain({ maintenance: 'cancel', 'run-id': '776' })).succeeded).toBe(true);
    const unknown = await maintain({ maintenance: 'cancel', 'run-id': '1' });
    expect([unknown.succeeded, unknown.log]).toEqual([false, expect.stringContaining('RUN_UNKNOWN')]);
  }, 60_000);
  it('is refused to whoever calls the workflow from another file', async () => {
    others = { ...others, workflow_ref: at(`${WORKFLOWS}/other.yml`) };
    const { succeeded, log } = await maintain({ maintenance: 'cancel', 'run-id': '776' });
    expect([succeeded, log]).toEqual([false, expect.stringContaining('ROLE_REFUSED')]);
  }, 60_000);
});
