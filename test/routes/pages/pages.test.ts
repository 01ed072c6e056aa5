import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { runName } from '../../../src/lib/runs/names.ts';
import { app } from '../../../src/routes/app.ts';
import { makeSummary } from '../../lib/runs/make.ts';
import { look } from './setup.ts';

const RUN = '5151';
await env.RUNS.getByName(runName('localai', RUN)).note(makeSummary('-cpu-a'));
const PAGES = ['/', '/verify', `/runs/localai/${RUN}`, '/runs/localai/1', '/nothing', '/reference'];

describe.each(PAGES)('GET %s', (path) => {
  it('loads and runs nothing but its own', async () => {
    const { response, html } = await look(path);
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    // What the policy would refuse is not there at all.
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc="\/assets\/)/);
    const loaded = [...html.matchAll(/(?:src|rel="(?:stylesheet|icon)"[^>]*href)="([^"]+)"/g)].map(([, url]) => url);
    expect(loaded.length).toBeGreaterThan(2);
    expect(loaded.filter((url) => !url?.startsWith('/assets/'))).toEqual([]);
  });
  it('tells no other site anything, and is not kept', async () => {
    const { headers } = (await look(path)).response;
    expect([headers.get('Referrer-Policy'), headers.get('X-Content-Type-Options')]).toEqual(['no-referrer', 'nosniff']);
    expect([headers.get('Cache-Control'), headers.get('Content-Type')]).toEqual([
      'no-store',
      'text/html; charset=UTF-8',
    ]);
  });
  it('has one heading, one content, and a title', async () => {
    const { html } = await look(path);
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect([html.match(/<h1/g)?.length, html.match(/<main /g)?.length]).toEqual([1, 1]);
    expect(html).toMatch(/<title>[^<]+ · Muster<\/title>/);
  });
});

describe('the overview', () => {
  it('says what is published where', async () => {
    const { text } = await look('/');
    expect(text).toContain('mudler/LocalAI');
    expect(text).toContain('quay.io/go-skynet/local-ai-backends');
  });
});

describe('the overview, as time goes by', () => {
  it('is asked for again, with a script and without', async () => {
    const { html } = await look('/');
    expect(html).toContain('<body data-poll="30">');
    expect(html).toMatch(/<noscript><meta http-equiv="refresh" content="30"\/?><\/noscript>/);
  });
});

describe('an asset', () => {
  const linked = async () => /href="(\/assets\/muster\.css\?v=[0-9a-f]+)"/.exec((await look('/')).html)?.[1] ?? '';

  it('may be kept for good under the address that pages name', async () => {
    const { response } = await look(await linked());
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('Content-Type')).toBe('text/css; charset=utf-8');
  });
  it('is asked for again under any other', async () => {
    const { response } = await look('/assets/muster.css?v=0');
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
  });
  it('costs no body where the client has it', async () => {
    const etag = (await look('/assets/muster.js')).response.headers.get('ETag') ?? '';
    const { status, html } = await look('/assets/muster.js', { 'If-None-Match': etag });
    expect([status, html]).toEqual([304, '']);
  });
  it('is a script that a browser takes', async () => {
    const { response, html } = await look('/assets/muster.js');
    expect(response.headers.get('Content-Type')).toBe('text/javascript; charset=utf-8');
    expect(html).toContain('EventSource');
  });
});

describe('what went wrong', () => {
  it.each([
    ['/nothing', 404, 'NOT_FOUND', 'start at the overview'],
    ['/runs/localai/1', 404, 'RUN_UNKNOWN', 'longer ago than runs are kept'],
    ['/runs/localai/x', 400, 'PATH_INVALID', 'Check the address'],
    ['/merges/localai/1/-a', 404, 'MERGE_UNKNOWN', 'The page of its run'],
    ['/merges/localai/1/%3Cb%3E', 400, 'PATH_INVALID', 'Check the address'],
    ['/galleries/none', 404, 'GALLERY_NOT_FOUND', 'The overview lists'],
    ['/assets/none', 404, 'NOT_FOUND', 'start at the overview'],
  ])('%s is a page of status %s that says what to do', async (path, status, code, advice) => {
    const page = await look(path);
    expect(page.status).toBe(status);
    expect(page.text).toContain(code);
    expect(page.text).toContain(advice);
  });
  it('is a problem document for programs', async () => {
    const { response } = await look('/nothing', { Accept: '*/*' });
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  });
  it('is a problem document below /v1, whoever asks', async () => {
    const { response } = await look('/v1/runs/localai/1');
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  });
  it('escapes what was asked for', async () => {
    const { html } = await look('/%3Cscript%3Ealert(1)%3C/script%3E');
    expect(html).not.toContain('<script>alert');
  });
  it('is a page even where the configuration cannot be used', async () => {
    const response = await app.request('/', { headers: { Accept: 'text/html' } }, { ...env, MUSTER: { no: 1 } });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([500, 'text/html; charset=UTF-8']);
    expect(await response.text()).toContain('CONFIG_INVALID');
  });
});
