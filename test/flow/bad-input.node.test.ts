import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, BACKENDS, CACHE, MERGE } from '../../demo/config.ts';
import type { TokenOptions } from '../../demo/issuer/issuer.ts';
import { BUILDER, startWorld, type World } from './world.ts';

let world: World;
let body: Readonly<Record<string, unknown>>;
const digest = `sha256:${'0'.repeat(64)}`;

beforeAll(async () => {
  world = await startWorld();
  const [amd64] = await world.push(BACKENDS, 'bad input');
  body = { tag_suffix: '-x', platform_tag: 'amd64', digest: amd64?.digest, expect: ['amd64', 'arm64'] };
}, 30_000);
afterAll(() => world?.close());

interface Sent {
  /** Claims of the bearer token that differ from a build's. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly audience?: string;
  readonly options?: TokenOptions;
  /** Claims of the Sigstore token; absent: none is sent. */
  readonly sigstore?: Readonly<Record<string, unknown>>;
  readonly sigstoreAudience?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly path?: string;
}

/** A report as a stranger, or a broken job, might send it. */
async function send(sent: Sent) {
  const { issuer } = world.stack;
  const token = await issuer.token(
    { ...issuer.claims(BUILDER), ...sent.claims },
    sent.audience ?? AUDIENCE,
    sent.options,
  );
  const headers: Record<string, string> = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  if (sent.sigstore)
    headers['Sigstore-Token'] = await issuer.token(
      { ...issuer.claims(BUILDER), ...sent.sigstore },
      sent.sigstoreAudience ?? 'sigstore',
    );
  const text = typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body ?? body);
  const url = `${world.worker().url}${sent.path ?? '/v1/arrivals'}`;
  const response = await fetch(url, { method: 'POST', headers: { ...headers, ...sent.headers }, body: text });
  const answer = (await response.json()) as Problem;
  return { ...answer, status: response.status, contentType: response.headers.get('Content-Type') };
}
type Problem = { code?: string; rule?: string; field?: string; detail?: string; state?: string; reason?: string };

/** Everything that anybody could have written anywhere. */
async function everything() {
  const registries = world.stack.registries.map(({ demo: { store } }) =>
    [BACKENDS, CACHE].map((name) => [store.manifests(name).map((one) => one.digest), [...store.tags(name)]]),
  );
  const run = await world.call({ path: '/v1/runs/localai/4242' });
  return { registries, counts: { ...world.stack.sigstore.counts }, run: run.status };
}

/** Sends it, and asserts that nothing was written for it. */
async function refused(sent: Sent) {
  const before = await everything();
  const answer = await send(sent);
  expect(await everything()).toEqual(before);
  expect(answer.contentType).toContain('application/problem+json');
  return answer;
}

describe('a token that is not good', () => {
  it.each<[string, Sent]>([
    ['is absent', { headers: { Authorization: '' } }],
    ['is not a token', { headers: { Authorization: 'Bearer canary' } }],
    ['has expired', { options: { expiresIn: -60 } }],
    ['is for somebody else', { audience: 'https://other.example' }],
    ['is a Sigstore token', { audience: 'sigstore' }],
    ['is for several', { claims: { aud: [AUDIENCE, 'sigstore'] } }],
    ['is of another issuer', { claims: { iss: 'https://token.example.com' } }],
    ['is not signed', { options: { signature: 'none' } }],
    ['is signed with HS256', { options: { signature: 'HS256' } }],
    ['is signed by a stranger', { options: { signature: 'stranger' } }],
  ])('%s: 401 TOKEN_INVALID', async (_, sent) => {
    expect(await refused(sent)).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
  });

  it.each<[string, Sent]>([
    ['of another run', { sigstore: { run_id: '1' } }],
    ['of another attempt', { sigstore: { run_attempt: '2' } }],
    ['of another repository', { sigstore: { repository_id: '1' } }],
    ['for another audience', { sigstore: {}, sigstoreAudience: AUDIENCE }],
  ])('a Sigstore token %s: 401 SIGSTORE_TOKEN_INVALID', async (_, sent) => {
    expect(await refused(sent)).toMatchObject({ status: 401, code: 'SIGSTORE_TOKEN_INVALID' });
  });

  it('is not repeated in the answer', async () => {
    const { detail } = await refused({ headers: { Authorization: 'Bearer canary-7f3a' } });
    expect(detail).not.toContain('canary');
  });
});

describe('a caller that may not report', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a stranger’s repository', 'repository_id', { repository_id: '999', repository: 'mallory/LocalAI' }],
    ['another owner', 'repository_owner_id', { repository_owner_id: '999' }],
    [
      'a workflow not in the role',
      'workflow',
      { job_workflow_ref: 'mudler/LocalAI/.github/workflows/test.yml@refs/heads/master' },
    ],
    ['a workflow at a ref not listed', 'workflow', { job_workflow_ref: `${MERGE}@refs/heads/evil` }],
    ['a pull request', 'event', { event_name: 'pull_request' }],
    ['a pull request with a write token', 'event', { event_name: 'pull_request_target' }],
    ['a ref not listed', 'ref', { ref: 'refs/heads/feature' }],
    ['a runner not allowed', 'runner_environment', { runner_environment: 'self-hosted' }],
  ])('%s: 403, naming the rule %s', async (_, rule, claims) => {
    expect(await refused({ claims })).toMatchObject({ status: 403, code: 'ROLE_REFUSED', rule });
  });

  it('a run id that is not the token’s: 403', async () => {
    const answer = await refused({ path: '/v1/runs/localai/1/finish', body: {} });
    expect(answer).toMatchObject({ status: 403, rule: 'run_id' });
  });
});

describe('a body that is not good', () => {
  it.each<[string, string, object | string]>([
    ['is not JSON', '', '{'],
    ['has an unknown field', 'colour', { colour: 'red' }],
    ['has a bad digest', 'digest', { digest: 'sha256:abc' }],
    ['has no digest', 'digest', { digest: undefined }],
    ['has a suffix with a slash', 'tag_suffix', { tag_suffix: '-a/b' }],
    ['has a suffix with an expression', 'tag_suffix', { tag_suffix: '-{{branch}}' }],
    ['has a suffix that is too long', 'tag_suffix', { tag_suffix: `-${'a'.repeat(80)}` }],
    ['has a bad platform tag', 'platform_tag', { platform_tag: 'linux/amd64' }],
    ['expects nothing', 'expect', { expect: [] }],
    ['expects a leg twice', 'expect', { expect: ['amd64', 'amd64'] }],
    ['has a tag_latest that is neither', 'tag_latest', { tag_latest: 'maybe' }],
  ])('%s: 400, naming the field', async (_, field, changes) => {
    const sent = typeof changes === 'string' ? changes : { ...body, ...changes };
    expect(await refused({ body: sent })).toMatchObject({ status: 400, code: 'BODY_INVALID', field });
  });

  it('is too long: 413', async () => {
    expect(await refused({ body: ' '.repeat(1_100_000) })).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
  });
});

describe('a report that is not true', () => {
  it('names a digest that is nowhere: 422', async () => {
    expect(await refused({ body: { ...body, digest } })).toMatchObject({ status: 422, code: 'SOURCE_NOT_FOUND' });
  });
  it('names a platform that is not the image’s: 422', async () => {
    const answer = await refused({ body: { ...body, platform_tag: 'arm64' } });
    expect(answer).toMatchObject({ status: 422, code: 'PLATFORM_MISMATCH' });
  });
  it('names a platform that nobody explained: 400', async () => {
    const answer = await refused({ body: { ...body, platform_tag: 'metal', expect: ['metal'] } });
    expect(answer).toMatchObject({ status: 400, code: 'PLATFORM_TAG_UNKNOWN' });
  });
  it('would make an invalid tag: 422, before anything is signed', async () => {
    const claims = { ref: `refs/tags/v1.0.0-${'a'.repeat(110)}`, job_workflow_ref: BUILDER.job_workflow_ref };
    expect(await refused({ claims, body: { ...body, tag_suffix: '-longer-than-a-tag-may-be' } })).toMatchObject({
      status: 422,
      code: 'TAG_INVALID',
    });
  });
});

// The last ones: they are taken, so they write.
describe('a report that is taken', () => {
  it('answers the same when it is repeated', async () => {
    const first = await send({});
    expect(first).toMatchObject({ status: 202, state: 'waiting' });
    expect(await send({})).toEqual(first);
  });
  it('keeps its digest: another one for the same attempt is 409', async () => {
    const [other] = await world.push(BACKENDS, 'another image');
    const answer = await send({ body: { ...body, digest: other?.digest } });
    expect(answer).toMatchObject({ status: 409, code: 'ARRIVAL_CONFLICT' });
  });
  it('keeps its expectation: another one is 409', async () => {
    expect(await send({ body: { ...body, expect: ['amd64'] } })).toMatchObject({
      status: 409,
      code: 'EXPECT_CONFLICT',
    });
  });
  it('signs nothing with a token that the policy refuses, and says why', async () => {
    const [, arm64] = await world.push(BACKENDS, 'bad input');
    const answer = await send({ body: { ...body, platform_tag: 'arm64', digest: arm64?.digest }, sigstore: {} });
    expect(answer).toMatchObject({ status: 202, state: 'needs_token' });
    expect(answer.reason).toContain('backend_build.yml');
    expect(world.stack.sigstore.counts).toEqual({ certificates: 0, timestamps: 0, entries: 0 });
  });
});
