import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interpolate, isMet } from './expressions.ts';
import { type Job, QUICK_CURL, readJob, runJob, type Surroundings } from './job.ts';
import { problem, type StrictMuster, startStrictMuster } from './strict-muster.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const MULTIARCH = JSON.stringify({
  include: [
    { 'tag-suffix': '-cpu-x', 'platform-tag': 'amd64', 'tag-latest': 'auto' },
    { 'tag-suffix': '-cpu-x', 'platform-tag': 'arm64', 'tag-latest': 'auto' },
    { 'tag-suffix': '-cpu-x-y', 'platform-tag': 'amd64', 'tag-latest': 'auto' },
  ],
});
const SINGLEARCH = '{"include":[{"tag-suffix":"-gpu-z","tag-latest":"auto"}]}';
const DARWIN = '{"include":[{"backend":"mlx","tag-suffix":"-metal-mlx"}]}';
const MERGES =
  '{"include":[{"tag-suffix":"-cpu-x","tag-latest":"auto"},{"tag-suffix":"-cpu-x-y","tag-latest":"auto"}]}';

/** What the tools of others would do, without their registries. */
const PROGRAMS = {
  crane: `case $1 in digest) echo ${DIGEST} ;; *) echo "crane $*" ;; esac`,
  docker: 'echo "docker $*"',
  bun: 'true',
  curl: QUICK_CURL,
};
const OLD_STEPS = [
  'Write the digest to a file',
  "Keep the image from Quay's collector",
  'Hand the digest to the merge job',
];
/** What the matrix job uploads beside the build jobs' artifacts. */
const MARKER = String(
  readJob('examples/localai/untouched-build/backend.yml', 'generate-matrix').steps?.find(({ uses }) =>
    uses?.startsWith('actions/upload-artifact@'),
  )?.with?.name,
);

let muster: StrictMuster;
beforeEach(async () => {
  // curl's own retries send the same tokens again.
  muster = await startStrictMuster({ reuse: true });
});
afterEach(() => muster.close());

type Vars = Readonly<Record<string, string>>;
interface Body {
  readonly platform_tag?: string;
  readonly tag_suffixes: readonly string[];
  readonly arrivals: readonly Vars[];
}

function bodyOf({ received }: StrictMuster): Body {
  const [first] = received;
  if (!first) throw new Error('nothing was received');
  return first.body as Body;
}

interface Given {
  readonly event?: string;
  readonly vars?: Vars;
  readonly inputs?: Vars;
  readonly outputs?: Surroundings['outputs'];
  readonly files?: readonly string[];
}

function surroundingsOf({ event = 'push', vars, inputs, outputs, files }: Given): Surroundings {
  return {
    contexts: {
      github: { event_name: event, run_id: '4242' },
      vars: vars ?? { MUSTER_URL: muster.url },
      inputs: {
        project: 'localai',
        'tag-suffix': '-cpu-x',
        'platform-tag': 'amd64',
        'tag-latest': '',
        backend: 'mlx',
        ...inputs,
      },
      secrets: { quayUsername: 'robot', quayPassword: 'secret', dockerUsername: '', dockerPassword: '' },
    },
    identity: muster.identity,
    programs: PROGRAMS,
    outputs: { build: { digest: DIGEST }, ...outputs },
    ...(files ? { files } : {}),
  };
}

const run = (file: string, job: string, given: Given = {}) =>
  runJob(withoutScripts(readJob(`examples/localai/${file}`, job)), surroundingsOf(given));

/** A step that calls a script of LocalAI's repository is there, but has nothing to call here. */
function withoutScripts(job: Job): Job {
  return {
    ...job,
    steps: (job.steps ?? []).map((step) => (step.run?.startsWith('.github/') ? { ...step, run: 'true' } : step)),
  };
}

describe.each(['action', 'curl'])('the build job with %s', (how) => {
  const build = (given: Given = {}) => run(`${how}/backend_build.yml`, 'backend-build', given);

  it('reports its leg, and leaves the old way', async () => {
    const { succeeded, steps } = await build();
    expect([succeeded, muster.refused]).toEqual([true, []]);
    expect(muster.received).toMatchObject([
      { path: '/v1/arrivals', lent: false, body: { tag_suffix: '-cpu-x', platform_tag: 'amd64', digest: DIGEST } },
    ]);
    expect(steps.filter((step) => OLD_STEPS.includes(step))).toEqual([]);
  });
  it('reports an image of one platform without a platform tag', async () => {
    await build({ inputs: { 'platform-tag': '' } });
    expect(muster.refused).toEqual([]);
    expect(bodyOf(muster).platform_tag ?? '').toBe('');
  });
  it('goes the old way while there is no Muster', async () => {
    const { steps } = await build({ vars: {} });
    expect([steps, muster.received]).toEqual([expect.arrayContaining(OLD_STEPS), []]);
  });
  it('goes both ways during the trial', async () => {
    const { steps } = await build({ vars: { MUSTER_URL: muster.url, MUSTER_SHADOW: 'true' } });
    expect([steps, muster.received.length]).toEqual([expect.arrayContaining(OLD_STEPS), 1]);
  });
  it('sends and pushes nothing for a pull request', async () => {
    const { steps } = await build({ event: 'pull_request' });
    expect([muster.received, steps.filter((step) => /Report|push|digest/.test(step))]).toEqual([[], []]);
  });
  it('appends the summary', async () => {
    expect((await build()).summary).toMatch(/^### `-cpu-x`: published\n/);
  });
  it('is red when the report is refused', async () => {
    muster.reply(...Array(6).fill(problem(422, 'PLATFORM_MISMATCH', 'no')));
    expect((await build()).succeeded).toBe(false);
  });
  it('is not red for it during the trial', async () => {
    muster.reply(...Array(6).fill(problem(422, 'PLATFORM_MISMATCH', 'no')));
    expect((await build({ vars: { MUSTER_URL: muster.url, MUSTER_SHADOW: 'true' } })).succeeded).toBe(true);
  });
  it('asks for the permissions that an ID token needs', () => {
    const { permissions } = readJob(`examples/localai/${how}/backend_build.yml`, 'backend-build');
    expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  });
});

describe.each(['action', 'curl'])('the darwin job with %s', (how) => {
  const publish = (given: Given = {}) => run(`${how}/backend_build_darwin.yml`, 'darwin-backend-publish', given);

  it('pushes once, under the tag that keeps the image, and reports', async () => {
    const { succeeded, log } = await publish({ inputs: { 'tag-suffix': '-metal-mlx' } });
    expect([succeeded, muster.refused]).toEqual([true, []]);
    expect(log.match(/crane push .*/g)).toEqual([
      'crane push mlx.tar quay.io/go-skynet/ci-cache:keepalive-4242-metal-mlx-single',
    ]);
    expect(muster.received).toMatchObject([
      { path: '/v1/arrivals', body: { tag_suffix: '-metal-mlx', digest: DIGEST } },
    ]);
  });
  it('pushes the public tags while there is no Muster', async () => {
    const { log } = await publish({
      vars: {},
      outputs: { meta: { tags: 'localai/localai-backends:master-x quay.io/a:b' } },
    });
    expect(log.match(/crane push .*/g)).toEqual([
      'crane push mlx.tar localai/localai-backends:master-x',
      'crane push mlx.tar quay.io/a:b',
    ]);
    expect(muster.received).toEqual([]);
  });
  it('does not run for a pull request', async () => {
    expect((await publish({ event: 'pull_request' })).steps).toEqual([]);
  });
});

describe.each(['action', 'curl'])('the finishing job with %s', (how) => {
  const finish = (given: Given = {}) =>
    run(`${how}/backend_merge.yml`, 'finish', { inputs: { merges: MERGES }, ...given });

  it('finishes exactly the merges of its shard', async () => {
    const { succeeded, summary } = await finish();
    expect([succeeded, summary, muster.refused]).toEqual([
      true,
      expect.stringMatching(/^### Run 4242: 2 published\n/),
      [],
    ]);
    expect(muster.received).toMatchObject([
      { path: '/v1/runs/localai/4242/finish', lent: true, body: { tag_suffixes: ['-cpu-x', '-cpu-x-y'] } },
    ]);
  });
  it('is red, and names the leg, when one is missing', async () => {
    const merges = [{ tag_suffix: '-cpu-x', state: 'waiting', missing: ['arm64'] }];
    const body = { code: 'RUN_INCOMPLETE', project: 'localai', run_id: '4242', merges };
    muster.reply(...Array(6).fill({ status: 409, body }));
    const { succeeded, log } = await finish();
    expect([succeeded, log]).toEqual([false, expect.stringContaining('arm64')]);
  });
  it('leaves the old job alone', async () => {
    expect((await run(`${how}/backend_merge.yml`, 'merge', { inputs: { merges: MERGES } })).steps).toEqual([]);
  });
  it('does not run where the old way was called', async () => {
    expect((await finish({ inputs: { merges: '' } })).steps).toEqual([]);
  });
  it('does not run for a pull request', async () => {
    expect((await finish({ event: 'pull_request' })).steps).toEqual([]);
  });
});

describe.each(['backend_merge.yml', 'backend_merge-curl.yml'])(
  'the finishing job that reads the artifacts (%s)',
  (file) => {
    const artifact = (name: string, letter: string) => `digests/digests${name}/${letter.repeat(64)}`;
    const finish = (files: readonly string[], legs = MULTIARCH) =>
      run(`untouched-build/${file}`, 'finish', { inputs: { legs }, files });

    it('reports what the build jobs left, and finishes it', async () => {
      const files = [artifact('-cpu-x--amd64', 'a'), artifact('-cpu-x--arm64', 'b'), artifact('-cpu-x-y--amd64', 'c')];
      expect((await finish(files)).succeeded).toBe(true);
      const { tag_suffixes, arrivals } = bodyOf(muster);
      expect(tag_suffixes).toEqual(['-cpu-x', '-cpu-x-y']);
      const legs = arrivals.map(({ tag_suffix, platform_tag, digest, expect }) => [
        tag_suffix,
        platform_tag,
        digest?.at(7),
        expect,
      ]);
      expect(legs.sort()).toEqual([
        ['-cpu-x', 'amd64', 'a', ['amd64', 'arm64']],
        ['-cpu-x', 'arm64', 'b', ['amd64', 'arm64']],
        ['-cpu-x-y', 'amd64', 'c', ['amd64']],
      ]);
    });
    it('says whether `latest` moves too, as the matrix does', async () => {
      const rows = '{"include":[{"tag-suffix":"-x","tag-latest":"true"},{"tag-suffix":"-y","tag-latest":"false"}]}';
      await finish([artifact('-x--single', 'a'), artifact('-y--single', 'b')], rows);
      const arrivals = bodyOf(muster).arrivals.map(({ tag_suffix, tag_latest }) => `${tag_suffix} ${tag_latest}`);
      expect(arrivals.sort()).toEqual(['-x true', '-y false']);
    });
    it('leaves the artifacts of other shards', async () => {
      await finish([artifact('-gpu-z--single', 'd'), artifact('-cpu-x--amd64', 'a')]);
      const { arrivals } = bodyOf(muster);
      expect(arrivals.map(({ tag_suffix }) => tag_suffix)).toEqual(['-cpu-x']);
    });
    it('does not take the lone artifact of another shard, without its name, for its own', async () => {
      await finish([`digests/${'d'.repeat(64)}`], SINGLEARCH);
      expect(muster.received[0]?.body).toEqual({ tag_suffixes: ['-gpu-z'], arrivals: [] });
    });
    it('finds the marker, which keeps an artifact from being alone, beside them', () => {
      const { steps: [download] = [] } = readJob(`examples/localai/untouched-build/${file}`, 'finish');
      expect(MARKER).toMatch(new RegExp(`^${String(download?.with?.pattern).replaceAll('*', '.*')}$`));
    });
    it('takes the marker for no leg', async () => {
      await finish([`digests/${MARKER}/file`, artifact('-gpu-z--single', 'd')], SINGLEARCH);
      expect(bodyOf(muster).arrivals).toMatchObject([{ tag_suffix: '-gpu-z', platform_tag: 'single' }]);
    });
    it('finishes where there is nothing but the marker', async () => {
      const { log } = await finish(['digests/file'], SINGLEARCH);
      expect(muster.received[0]?.body).toEqual({ tag_suffixes: ['-gpu-z'], arrivals: [] });
      expect(log).not.toContain('::warning');
    });
    it('names every merge of the shard, also those of which nothing came', async () => {
      await finish([artifact('-cpu-x--amd64', 'a'), artifact('-other--amd64', 'b')]);
      expect(muster.received[0]?.body).toMatchObject({ tag_suffixes: ['-cpu-x', '-cpu-x-y'] });
    });
    it('reports an image of one platform', async () => {
      await finish([artifact('-gpu-z--single', 'd'), artifact('-cpu-x--amd64', 'a')], SINGLEARCH);
      expect(muster.received[0]?.body).toMatchObject({ arrivals: [{ tag_suffix: '-gpu-z', expect: ['single'] }] });
    });
  },
);

describe.each(['action', 'curl'])('the matrix job with %s', (how) => {
  const outputs = { 'matrix-multiarch': MULTIARCH, 'matrix-singlearch-1': SINGLEARCH, 'matrix-darwin': DARWIN };
  const plan = (given: Given = {}) => {
    const job = readJob(`examples/localai/${how}/backend.yml`, 'generate-matrix');
    // The step's own program is LocalAI's; its outputs are given.
    const steps = (job.steps ?? []).filter(({ id }) => id !== 'set-matrix');
    return runJob({ ...job, steps }, surroundingsOf({ ...given, outputs: { 'set-matrix': outputs } }));
  };

  it('plans every image of the run', async () => {
    expect((await plan()).succeeded).toBe(true);
    expect(muster.received).toMatchObject([
      {
        method: 'PUT',
        path: '/v1/runs/localai/4242/plan',
        body: {
          merges: [
            { tag_suffix: '-cpu-x', platform_tags: ['amd64', 'arm64'], tag_latest: 'auto' },
            { tag_suffix: '-cpu-x-y', platform_tags: ['amd64'] },
            { tag_suffix: '-gpu-z', platform_tags: ['single'] },
            { tag_suffix: '-metal-mlx', platform_tags: ['single'], tag_latest: 'auto' },
          ],
        },
      },
    ]);
  });
  it('plans nothing while there is no Muster', async () => {
    await plan({ vars: {} });
    expect(muster.received).toEqual([]);
  });
});

describe.each(['action', 'curl', 'untouched-build'])('the calling jobs of %s', (how) => {
  const jobs = ['finish-multiarch', 'merge-multiarch'].map((name) =>
    readJob(`examples/localai/${how}/backend.yml`, name),
  );
  const needs = { 'generate-matrix': { outputs: { 'has-merges-multiarch': 'true' } } };
  const running = (vars: Vars) => jobs.map((job) => isMet(job.if, { vars, needs }, true));

  it.each<[string, Vars, boolean[]]>([
    ['the old way alone, while there is no Muster', {}, [false, true]],
    ['both, during the trial', { MUSTER_URL: 'https://m.example', MUSTER_SHADOW: 'true' }, [true, true]],
    ['Muster alone', { MUSTER_URL: 'https://m.example' }, [true, false]],
  ])('go %s, also where a leg has failed', (_, vars, expected) => {
    expect(running(vars)).toEqual(expected);
  });
  it('grant what the called jobs ask for', () => {
    expect(jobs.map(({ permissions }) => permissions?.['id-token'])).toEqual(['write', 'write']);
  });
});

describe.each([
  ['action/backend_build.yml', 'backend-build', '/v1/arrivals'],
  ['action/backend_build_darwin.yml', 'darwin-backend-publish', '/v1/arrivals'],
  ['action/backend_merge.yml', 'finish', '/v1/runs/localai-live/4242/finish'],
  ['curl/backend_build.yml', 'backend-build', '/v1/arrivals'],
  ['curl/backend_build_darwin.yml', 'darwin-backend-publish', '/v1/arrivals'],
  ['curl/backend_merge.yml', 'finish', '/v1/runs/localai-live/4242/finish'],
  ['untouched-build/backend_merge.yml', 'finish', '/v1/runs/localai-live/4242/finish'],
  ['untouched-build/backend_merge-curl.yml', 'finish', '/v1/runs/localai-live/4242/finish'],
])('a shard that is live beside the trial: %s', (file, name, path) => {
  const inputs = { project: 'localai-live', merges: MERGES, legs: MULTIARCH };
  const artifacts = [`digests/digests-cpu-x--amd64/${'a'.repeat(64)}`];

  it('calls for the project that is live', async () => {
    await run(file, name, { inputs, files: artifacts });
    expect([muster.refused, muster.received]).toEqual([[], [expect.objectContaining({ path })]]);
    if (path === '/v1/arrivals') expect(muster.received[0]?.body).toMatchObject({ project: 'localai-live' });
  });
  it('is red for its own trouble, where the trial’s is not', () => {
    const job = readJob(`examples/localai/${file}`, name);
    const of = [job, ...(job.steps ?? [])].flatMap((one) => one['continue-on-error'] ?? []);
    const forgives = (project: string, shadow: string) =>
      of.map((text) => interpolate(text, { vars: { MUSTER_SHADOW: shadow }, inputs: { project } }));
    expect([forgives('localai-live', 'true'), forgives('localai', 'true'), forgives('localai', 'false')]).toEqual([
      ['false'],
      ['true'],
      ['false'],
    ]);
  });
});
