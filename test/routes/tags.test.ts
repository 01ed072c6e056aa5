import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/routes/app.ts';

const SHA = '860c190f3a5d27e4b16890cd1f2e3a4b5c6d7e8f';
const claims = { ref: 'refs/tags/v4.12.7', sha: SHA, event_name: 'push', repository: 'octocat/Hello-World' };
const request = {
  claims,
  images: ['Acme/App', 'ghcr.io/acme/app'],
  tags: ['type=semver,pattern={{version}}', 'type=sha'],
  flavor: ['suffix=-y,onlatest=true'],
  context: { now: '2024-02-29T23:05:07.089Z', description: 'Hello', license: 'MIT' },
};

async function post(body: unknown): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const init = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await app.request('/v1/tags/preview', init, env);
  return { status: response.status, body: await response.json() };
}

const refusal = async (body: unknown) => {
  const answer = await post(body);
  return `${answer.status} ${answer.body.code}${answer.body.field === undefined ? '' : ` ${answer.body.field}`}`;
};

describe('POST /v1/tags/preview', () => {
  it('answers with the version, and every image’s tags', async () => {
    const { status, body } = await post(request);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      version: { main: '4.12.7-y', partial: ['sha-860c190-y'], latest: true },
      tags: [
        'acme/app:4.12.7-y',
        'acme/app:sha-860c190-y',
        'acme/app:latest-y',
        'ghcr.io/acme/app:4.12.7-y',
        'ghcr.io/acme/app:sha-860c190-y',
        'ghcr.io/acme/app:latest-y',
      ],
      tag_names: ['4.12.7-y', 'sha-860c190-y', 'latest-y'],
    });
  });

  it('answers with the labels', async () => {
    const { body } = await post({ ...request, labels: ['vendor={{tag}}'] });
    expect(body.labels).toEqual({
      'org.opencontainers.image.created': '2024-02-29T23:05:07.089Z',
      'org.opencontainers.image.description': 'Hello',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.revision': SHA,
      'org.opencontainers.image.source': 'https://github.com/octocat/Hello-World',
      'org.opencontainers.image.title': 'Hello-World',
      'org.opencontainers.image.url': 'https://github.com/octocat/Hello-World',
      'org.opencontainers.image.version': '4.12.7-y',
      vendor: 'v4.12.7',
    });
  });

  it('answers with annotations of manifests, unless other levels are asked for', async () => {
    const { body } = await post({ ...request, annotations: ['vendor=x'] });
    expect(body.annotations).toContain('manifest:vendor=x');
  });

  it('answers with annotations at each level', async () => {
    const { body } = await post({ ...request, annotations: 'vendor=x', annotation_levels: ['index', 'manifest'] });
    expect((body.annotations as string[]).filter((line) => line.endsWith('vendor=x'))).toEqual([
      'index:vendor=x',
      'manifest:vendor=x',
    ]);
  });

  it('answers with no version where no rule yields', async () => {
    const { body } = await post({ ...request, tags: ['type=ref,event=branch'] });
    expect(body).toMatchObject({ version: { main: null, partial: [], latest: false }, tags: [] });
  });

  it('takes each list as one text of lines, as a workflow has it', async () => {
    const text = {
      ...request,
      images: request.images.join('\n'),
      tags: `# on a tag\n${request.tags.join('\n')}\n`,
      flavor: 'latest=\nsuffix=-y,onlatest=true',
    };
    expect((await post(text)).body).toEqual((await post(request)).body);
  });

  it('takes docker/metadata-action’s default rules where there are none', async () => {
    const { body } = await post({ claims: { ...claims, ref: 'refs/heads/main' } });
    expect(body.tags).toEqual(['main']);
  });

  it('takes every claim of an ID token', async () => {
    const token = { ...claims, iss: 'https://token.actions.githubusercontent.com', run_id: '1', ref_protected: 'true' };
    expect((await post({ ...request, claims: token })).status).toBe(200);
  });

  it('reads the base of a pull request from the claims', async () => {
    const pull = { ...claims, ref: 'refs/pull/31/merge', event_name: 'pull_request', base_ref: 'main' };
    expect((await post({ claims: pull, tags: ['{{base_ref}}-pr'] })).body.tags).toEqual(['main-pr']);
  });

  it('takes a time in milliseconds too', async () => {
    const context = { now: 0, commit_date: 86_400_000 };
    const tags = ["{{date 'YYYYMMDD'}}-{{commit_date 'YYYYMMDD'}}"];
    expect((await post({ claims, tags, context })).body.tags).toEqual(['19700101-19700102']);
  });

  it('takes the clock for the time where none is given', async () => {
    const { body } = await post({ claims, tags: ["{{date 'YYYY'}}"] });
    expect(Number((body.tags as string[])[0])).toBeGreaterThan(2024);
  });

  it('takes what a token lacks from the context', async () => {
    const context = { default_branch: 'main', short_sha_length: 10 };
    const tags = ['type=edge', 'type=sha'];
    const { body } = await post({ claims: { ...claims, ref: 'refs/heads/main' }, tags, context });
    expect(body.tags).toEqual(['edge', 'sha-860c190f3a']);
  });

  it.each([
    ['a tag that no registry takes', { claims, tags: ['-x'] }, '422 TAG_INVALID'],
    ['a rule that there is not', { claims, tags: ['type=nope'] }, '400 TAG_RULE_INVALID'],
    [
      'a rule that needs the default branch',
      { claims: { ...claims, ref: 'refs/heads/x' }, tags: ['type=edge'] },
      '400 TAG_RULE_INVALID',
    ],
    ['a flavor that is none', { claims, flavor: ['latest=maybe'] }, '400 FLAVOR_INVALID'],
    ['an image without a name', { claims, images: ['name='] }, '400 IMAGE_INVALID'],
    ['a label without a key', { claims, labels: ['x'] }, '400 LABEL_INVALID'],
    ['an annotation without a key', { claims, annotations: ['x'] }, '400 LABEL_INVALID'],
    ['a level that there is not', { claims, annotation_levels: ['layer'] }, '400 BODY_INVALID annotation_levels.0'],
    ['no claims', { tags: [] }, '400 BODY_INVALID claims'],
    ['a ref that is none', { claims: { ...claims, ref: 'main' } }, '400 BODY_INVALID claims.ref'],
    ['a commit that is none', { claims: { ...claims, sha: 'abc' } }, '400 BODY_INVALID claims.sha'],
    ['a repository without an owner', { claims: { ...claims, repository: 'x' } }, '400 BODY_INVALID claims.repository'],
    ['a time that is none', { claims, context: { now: 'soon' } }, '400 BODY_INVALID context.now'],
    ['a time before all', { claims, context: { now: -1 } }, '400 BODY_INVALID context.now'],
    ['a time after all', { claims, context: { now: 1e300 } }, '400 BODY_INVALID context.now'],
    ['an unknown key', { claims, tag: [] }, '400 BODY_INVALID tag'],
    ['an unknown key of the context', { claims, context: { branch: 'x' } }, '400 BODY_INVALID context.branch'],
    ['101 rules', { claims, tags: Array.from({ length: 101 }, () => 'type=sha') }, '400 BODY_INVALID tags'],
    ['what is not JSON', '{', '400 BODY_INVALID '],
  ])('refuses %s', async (_, body, refused) => {
    expect(await refusal(body)).toBe(refused);
  });
});
