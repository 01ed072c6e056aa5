import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import {
  arrivalSchema,
  finishSchema,
  parseBody,
  parseRunId,
  parseSuffixSegment,
  planSchema,
  readJsonBody,
} from '../../src/routes/parse.ts';
import { renderError } from '../../src/routes/problem.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const app = new Hono()
  .post('/arrival', async (c) => c.json(await parseBody(c, arrivalSchema)))
  .post('/finish', async (c) => c.json(await parseBody(c, finishSchema)))
  .post('/plan', async (c) => c.json(await parseBody(c, planSchema)))
  .post('/small', async (c) => c.json(await readJsonBody(c, 10)))
  .get('/suffix/:segment', (c) => c.json(parseSuffixSegment(c.req.param('segment'))))
  .get('/run/:segment', (c) => c.json(parseRunId(c.req.param('segment'))))
  .onError(renderError);

async function post(path: string, body: BodyInit) {
  const response = await app.request(path, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const arrival = (changes: object) =>
  post('/arrival', JSON.stringify({ tag_suffix: '-x', platform_tag: 'amd64', digest, ...changes }));

describe('parseBody', () => {
  it('takes an absent platform tag, and an empty one as a workflow passes it, for the single leg', async () => {
    expect((await arrival({ platform_tag: undefined })).body.platform_tag).toBe('single');
    expect((await arrival({ platform_tag: '' })).body.platform_tag).toBe('single');
  });
  it.each([
    [true, 'true'],
    ['true', 'true'],
    [false, 'false'],
    ['false', 'false'],
    ['auto', 'auto'],
    ['', 'auto'],
  ])('takes tag_latest %j as %s', async (tag_latest, expected) => {
    expect((await arrival({ tag_latest })).body.tag_latest).toBe(expected);
  });
  it('takes an empty body for an empty object', async () => {
    expect(await post('/finish', '')).toEqual({ status: 200, body: { arrivals: [] } });
  });
  it.each<[string, string, object]>([
    ['an unknown field', 'colour', { colour: 'red' }],
    ['a digest of another algorithm', 'digest', { digest: `sha512:${'a'.repeat(128)}` }],
    ['a digest in upper case', 'digest', { digest: `sha256:${'A'.repeat(64)}` }],
    ['a suffix with a line feed', 'tag_suffix', { tag_suffix: '-x\n' }],
    ['a leg that is expected twice', 'expect', { expect: ['amd64', 'amd64'] }],
    ['more legs than an index has', 'expect', { expect: Array.from({ length: 65 }, (_, at) => `p${at}`) }],
  ])('refuses %s, and names the field', async (_, field, changes) => {
    expect(await arrival(changes)).toMatchObject({ status: 400, body: { code: 'BODY_INVALID', field } });
  });
  it('names the field of one report among many', async () => {
    const arrivals = [
      { tag_suffix: '-x', digest },
      { tag_suffix: '-y', digest: 'sha256:1' },
    ];
    expect((await post('/finish', JSON.stringify({ arrivals }))).body.field).toBe('arrivals.1.digest');
  });
  it('refuses a plan that names a suffix twice', async () => {
    const merge = { tag_suffix: '-x', platform_tags: ['amd64'] };
    const answer = await post('/plan', JSON.stringify({ merges: [merge, merge] }));
    expect(answer).toMatchObject({ status: 400, body: { field: 'merges' } });
  });
});

describe('readJsonBody', () => {
  it('reads no further than a body may be long', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(8));
      },
    });
    expect(await post('/small', endless)).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    expect(pulled).toBeLessThan(10);
  });
  it.each([
    ['no JSON', '{'],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0x22])],
    ['a byte order mark', new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ])('refuses what is %s', async (_, body) => {
    expect(await post('/small', body)).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  });
});

describe('parseSuffixSegment', () => {
  const segment = async (path: string) => (await app.request(`/suffix/${path}`)).json();
  it('takes ~ for the empty suffix', async () => expect(await segment('~')).toBe(''));
  it('takes a suffix as it is', async () => expect(await segment('-cpu-bar')).toBe('-cpu-bar'));
  it.each(['%2e%2e%2f', 'a%20b', 'a'.repeat(81)])('refuses %s', async (path) => {
    expect(await segment(path)).toMatchObject({ status: 400, code: 'PATH_INVALID', field: 'tag_suffix' });
  });
});

describe('parseRunId', () => {
  const segment = async (path: string) => (await app.request(`/run/${path}`)).json();
  it('keeps the digits as text: they may be more than a number holds', async () => {
    expect(await segment('18446744073709551615')).toBe('18446744073709551615');
  });
  it.each(['-1', '1e3', '1'.repeat(21), 'latest'])('refuses %s', async (path) => {
    expect(await segment(path)).toMatchObject({ status: 400, code: 'PATH_INVALID', field: 'run_id' });
  });
});
