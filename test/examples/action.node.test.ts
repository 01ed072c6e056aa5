import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Job, runJob } from './job.ts';
import { problem, type StrictMuster, startStrictMuster } from './strict-muster.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
/** Writes each command line of curl down, then runs it. */
const CURL = 'printf "%s\\n" "$*" >>"$RUNNER_TEMP/commands"; PATH=$(cut -d: -f2- <<<$PATH) exec curl "$@"';
/** A path in the runner's temporary folder, as a workflow writes it. */
const inTemp = (name: string) => `\${{ runner.temp }}/${name}`;
const again = { 'Retry-After': '0' };

let muster: StrictMuster;
beforeEach(async () => {
  muster = await startStrictMuster();
});
afterEach(() => muster.close());

type Inputs = Readonly<Record<string, string>>;
const jobWith = (inputs: Inputs, permissions: Job['permissions'] = { 'id-token': 'write' }): Job => ({
  permissions,
  steps: [{ id: 'muster', uses: 'your-org/muster@v0.1.0', with: { url: muster.url, ...inputs } }],
});
const run = (inputs: Inputs) =>
  runJob(jobWith(inputs), { contexts: {}, identity: muster.identity, programs: { curl: CURL } });
const arrive = (inputs: Inputs = {}) =>
  run({ 'tag-suffix': '-cpu-x', 'platform-tag': 'amd64', digest: DIGEST, ...inputs });

describe('the action, call: arrive', () => {
  it('reports the leg in one call', async () => {
    const { succeeded } = await arrive({ expect: 'amd64, arm64', 'tag-latest': 'auto' });
    expect([succeeded, muster.refused]).toEqual([true, []]);
    expect(muster.received).toMatchObject([
      {
        path: '/v1/arrivals',
        body: {
          tag_suffix: '-cpu-x',
          platform_tag: 'amd64',
          digest: DIGEST,
          expect: ['amd64', 'arm64'],
          tag_latest: 'auto',
        },
      },
    ]);
  });
  it('leaves out what was not given', async () => {
    await run({ digest: DIGEST });
    expect(muster.received[0]?.body).toEqual({ tag_suffix: '', digest: DIGEST });
  });
  it('takes a text with quotes and dollars as it is', async () => {
    await arrive({ project: 'a"b$(touch /tmp/x)`' });
    expect(muster.received[0]?.body).toMatchObject({ project: 'a"b$(touch /tmp/x)`' });
  });
  it('appends the summary', async () => {
    expect((await arrive()).summary).toMatch(/^### `-cpu-x`: published\n/);
  });
  it('says the status and where the answer is', async () => {
    const { outputs, answer } = await arrive();
    expect([outputs.status, answer]).toEqual(['200', expect.stringContaining('### `-cpu-x`: published\n')]);
  });
  it('lends the Sigstore identity', async () => {
    await arrive();
    expect(muster.received[0]?.lent).toBe(true);
  });
  it('lends nothing where it is told so', async () => {
    await arrive({ lend: 'false' });
    expect(muster.received[0]?.lent).toBe(false);
  });
  it('succeeds when other legs are still missing', async () => {
    muster.reply({ status: 202, body: { state: 'waiting', tag_suffix: '-cpu-x', missing: ['arm64'] } });
    expect(await arrive()).toMatchObject({
      succeeded: true,
      summary: expect.stringContaining('### `-cpu-x`: waiting\n\nMissing: arm64\n'),
    });
  });
});

describe('the action, when Muster cannot answer now', () => {
  it('calls again with fresh tokens', async () => {
    muster.reply(problem(503, 'PEER_BUSY', 'later', again), { status: 429, headers: again });
    expect((await arrive()).succeeded).toBe(true);
    expect([muster.received.length, muster.refused]).toEqual([3, []]);
  });
  it('calls again after a broken connection', async () => {
    muster.reply({ status: 0, drop: true });
    expect((await arrive()).succeeded).toBe(true);
    expect(muster.received).toHaveLength(2);
  });
  it('replaces a token that was refused', async () => {
    muster.reply(problem(401, 'TOKEN_INVALID', 'it has expired', again));
    expect((await arrive()).succeeded).toBe(true);
  });
  it('does not insist when the next one is refused too', async () => {
    const refusal = problem(401, 'TOKEN_INVALID', 'its claim "aud" is not it', again);
    muster.reply(refusal, refusal, refusal);
    expect((await arrive()).succeeded).toBe(false);
    expect(muster.received).toHaveLength(2);
  });
  it('ends when its time is over', async () => {
    muster.reply(problem(503, 'PEER_BUSY', 'later', again));
    const { succeeded, log } = await arrive({ 'wait-minutes': '0' });
    expect([succeeded, log]).toEqual([false, expect.stringContaining('::error title=Muster: PEER_BUSY::later')]);
  });
});

describe('the action, when it is refused', () => {
  it('fails at once, with the code and the detail', async () => {
    muster.reply(problem(422, 'PLATFORM_MISMATCH', 'the image is for linux/amd64'));
    const { succeeded, log } = await arrive();
    expect([succeeded, muster.received.length]).toEqual([false, 1]);
    expect(log).toContain('::error title=Muster: PLATFORM_MISMATCH::the image is for linux/amd64');
  });
  it('says so in the summary', async () => {
    muster.reply(problem(409, 'ARRIVAL_CONFLICT', 'another digest'));
    expect((await arrive()).summary).toBe('**Muster: ARRIVAL_CONFLICT**: another digest\n\n');
  });
  it('does not let an answer speak to the runner', async () => {
    muster.reply(problem(422, 'X', 'a\n::set-env name=PATH::/evil'));
    const { log } = await arrive();
    expect(log).toContain('::error title=Muster: X::a%0A::set-env');
    const stopped = /::stop-commands::(\w+)\n([\s\S]*?)\n::\1::/.exec(log)?.[2];
    expect(stopped).toContain('set-env');
  });
  it.each<[string, Inputs, string]>([
    ['an unknown call', { call: 'publish' }, 'call is arrive, finish, plan, sign, rollback or cancel'],
    ['no digest', { digest: '' }, 'arrive needs digest'],
    ['finish without a project', { call: 'finish' }, 'finish needs project'],
    ['a plan without legs', { call: 'plan', project: 'p' }, 'they hold no row'],
    ['legs that are no JSON', { call: 'finish', project: 'p', legs: '{' }, 'legs is no build matrix'],
    ['digests that are not there', { call: 'finish', project: 'p', digests: '/nowhere' }, 'no folder /nowhere'],
    ['plain HTTP to elsewhere', { url: 'http://muster.example.com' }, 'is not https'],
  ])('names %s before it calls', async (_, inputs, expected) => {
    const { succeeded, log } = await arrive(inputs);
    expect([succeeded, log, muster.received]).toEqual([false, expect.stringContaining(expected), []]);
  });
  it('names the permission that the job lacks', async () => {
    const job = jobWith({ digest: DIGEST }, { contents: 'read' });
    const { succeeded, log } = await runJob(job, { contexts: {}, identity: muster.identity });
    expect([succeeded, log]).toEqual([false, expect.stringContaining('id-token: write')]);
  });
});

describe('the action, call: finish', () => {
  const legs = JSON.stringify({
    include: [
      { 'tag-suffix': '-cpu-x', 'platform-tag': 'amd64', 'tag-latest': 'auto' },
      { 'tag-suffix': '-cpu-x', 'platform-tag': 'arm64', 'tag-latest': 'auto' },
      { 'tag-suffix': '-gpu-y', 'tag-latest': 'false' },
    ],
  });
  const finish = (inputs: Inputs) => run({ call: 'finish', project: 'localai', ...inputs });
  const artifact = (name: string, letter: string) => `digests/digests${name}/${letter.repeat(64)}`;

  it.each([
    ['a list', '-cpu-x, -gpu-y'],
    ['a JSON list', '["-gpu-y", "-cpu-x"]'],
    ['a merge matrix', '{"include":[{"tag-suffix":"-cpu-x"},{"tag-suffix":"-gpu-y"}]}'],
  ])('names the merges of %s', async (_, suffixes) => {
    expect((await finish({ 'tag-suffixes': suffixes })).succeeded).toBe(true);
    expect(muster.received).toMatchObject([
      { path: '/v1/runs/localai/4242/finish', lent: true, body: { tag_suffixes: ['-cpu-x', '-gpu-y'], arrivals: [] } },
    ]);
  });
  it('names no merge where all are meant', async () => {
    await finish({});
    expect(muster.received[0]?.body).toEqual({ arrivals: [] });
  });
  it('reports the artifacts with what each image waits for', async () => {
    const files = [artifact('-cpu-x--amd64', 'a'), artifact('-gpu-y--single', 'c'), artifact('-other--amd64', 'd')];
    const job = jobWith({ call: 'finish', project: 'localai', legs, digests: inTemp('digests') });
    await runJob(job, { contexts: {}, identity: muster.identity, files });
    expect(muster.received.at(-1)?.body).toEqual({
      tag_suffixes: ['-cpu-x', '-gpu-y'],
      arrivals: expect.toSatisfy((arrivals: { digest: string }[]) => {
        const sorted = [...arrivals].sort((a, b) => (a.digest < b.digest ? -1 : 1));
        expect(sorted).toEqual([
          {
            tag_suffix: '-cpu-x',
            platform_tag: 'amd64',
            digest: DIGEST,
            expect: ['amd64', 'arm64'],
            tag_latest: 'auto',
          },
          {
            tag_suffix: '-gpu-y',
            platform_tag: 'single',
            digest: `sha256:${'c'.repeat(64)}`,
            expect: ['single'],
            tag_latest: 'false',
          },
        ]);
        return true;
      }),
    });
  });
  it.each([
    ['of the only leg', '{"include":[{"tag-suffix":"-cpu-x","platform-tag":"arm64"}]}', ['-cpu-x']],
    ['of one of several', legs, ['-cpu-x', '-gpu-y']],
  ])('does not take a lone artifact, which has lost its name, for that %s', async (_, rows, suffixes) => {
    const job = jobWith({ call: 'finish', project: 'localai', legs: rows, digests: inTemp('digests') });
    const files = [`digests/${'b'.repeat(64)}`];
    const { log } = await runJob(job, { contexts: {}, identity: muster.identity, files });
    expect(muster.received[0]?.body).toEqual({ tag_suffixes: suffixes, arrivals: [] });
    expect(log).toMatch(/^::warning title=Muster: digests::.* is without its name/m);
  });
  it('names what is not published', async () => {
    const merges = [
      { tag_suffix: '-cpu-x', state: 'waiting', missing: ['arm64'] },
      { tag_suffix: '-gpu-y', state: 'published', missing: [], digest: DIGEST },
    ];
    muster.reply({ status: 409, body: { code: 'RUN_INCOMPLETE', project: 'localai', run_id: '4242', merges } });
    const { succeeded, log, summary } = await finish({});
    expect([succeeded, log]).toEqual([
      false,
      expect.stringContaining('RUN_INCOMPLETE::-cpu-x: waiting, missing arm64\n'),
    ]);
    expect(summary).toBe(
      [
        '### Run 4242: 1 published, 1 waiting',
        '',
        '| suffix | state | missing | reason | index |',
        '|---|---|---|---|---|',
        '| `-cpu-x` | waiting | arm64 |  |  |',
        `| \`-gpu-y\` | published |  |  | \`${DIGEST}\` |`,
        '',
        `[Watch it](${muster.url}/runs/localai/4242)`,
        '',
        '',
      ].join('\n'),
    );
  });
});

describe('the action, call: plan', () => {
  it('makes a merge of each suffix, over several matrices in a file', async () => {
    const job: Job = {
      permissions: { 'id-token': 'write' },
      steps: [
        {
          run: `echo '{"include":[{"tag-suffix":"-b","platform-tag":"arm64"},{"tag-suffix":"-b","platform-tag":"amd64"}]} {} {"include":[{"tag-suffix":"-a","tag-latest":"false"}]}' >"$RUNNER_TEMP/legs"`,
        },
        ...(jobWith({ call: 'plan', project: 'localai', legs: inTemp('legs') }).steps ?? []),
      ],
    };
    await runJob(job, { contexts: {}, identity: muster.identity });
    expect(muster.received).toMatchObject([
      {
        method: 'PUT',
        path: '/v1/runs/localai/4242/plan',
        body: {
          merges: [
            { tag_suffix: '-a', platform_tags: ['single'], tag_latest: 'false' },
            { tag_suffix: '-b', platform_tags: ['amd64', 'arm64'], tag_latest: 'auto' },
          ],
        },
      },
    ]);
  });
});

describe('the secrets of the action', () => {
  it('are in no command line', async () => {
    const job = {
      ...jobWith({ digest: DIGEST }),
      steps: [...(jobWith({ digest: DIGEST }).steps ?? []), { run: 'cat "$RUNNER_TEMP/commands"' }],
    };
    const { log } = await runJob(job, { contexts: {}, identity: muster.identity, programs: { curl: CURL } });
    const commands = log.split('\n').filter((line) => line.startsWith('--silent'));
    expect(commands).toHaveLength(3);
    expect(commands.filter((line) => muster.tokens.some((token) => line.includes(token)))).toEqual([]);
  });
  it('are in the log only where they are masked', async () => {
    const { log } = await arrive();
    const shown = log.split('\n').filter((line) => muster.tokens.some((token) => line.includes(token)));
    expect(shown.filter((line) => !line.startsWith('::add-mask::'))).toEqual([]);
  });
});
