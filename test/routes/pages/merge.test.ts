import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../../src/lib/environment.ts';
import type { MergeView } from '../../../src/lib/merge/state.ts';
import { cosignCommand } from '../../../src/routes/pages/cosign.ts';
import { mergePage } from '../../../src/routes/pages/merge.tsx';
import { DIGEST, makeMerge } from './make.ts';
import { textOf } from './setup.ts';

const { config } = environmentOf(env).services;
const NOW = Date.parse('2026-11-26T10:00:01.000Z');

function show(changes: Partial<MergeView> = {}) {
  const page = mergePage({ merge: makeMerge(changes), config, now: NOW });
  const html = `<main>${page.body}</main>`;
  return { page, html, text: textOf(html) };
}

describe('the page of a merge', () => {
  it('says that it is published, where, and in what time', () => {
    expect(show().text).toContain(
      'linux/amd64 and linux/arm64: merged, signed, verified and then tagged in 1 registry. It took 200 ms.',
    );
  });
  it('waits for nothing more where it is published', () => {
    expect(show().page.events).toBeUndefined();
  });
  it('watches the merge, and its arrivals, while it may go on', () => {
    expect(show({ state: 'waiting', missing: ['arm64'] }).page.events).toEqual([
      '/v1/merges/localai/4242/-cpu-vllm/events',
      '/v1/runs/localai/4242/events?tag_suffix=-cpu-vllm',
    ]);
  });
  it('watches on while a step of a published one is under way', () => {
    const steps = [{ step: 'release', state: 'running', at: '2026-11-26T10:00:00.000Z' }];
    expect(show({ steps }).page.events).toBeDefined();
  });
  it.each([
    ['waiting', { missing: ['arm64'], arrivals: [] }, 'Nothing has arrived yet; it needs arm64.'],
    ['waiting', { missing: null }, 'Nobody has said which legs make it complete.'],
    ['waiting', { missing: ['arm64'], overdue: true }, 'arm64 should have arrived by now.'],
    ['needs_token', { reason: 'no Sigstore-Token was sent' }, 'Call finish for this run'],
    ['retrying', { reason: 'PEER_BUSY: later', code: 'PEER_BUSY' }, 'Muster goes on by itself.'],
    ['failed', { reason: 'x would lose linux/arm64', code: 'NARROWER' }, 'Re-run the whole matrix'],
    ['superseded', {}, 'A newer run holds every one of its tags.'],
    ['cancelled', {}, 'The run was cancelled before this was published.'],
  ] as const)('says what %s means, and what to do', (state, changes, words) => {
    expect(show({ state, ...changes }).text).toContain(words);
  });
  it.each([
    ['published', ['Tags', 'Signature', 'Check it yourself', 'Image', 'Steps']],
    ['superseded', ['Tags', 'Signature', 'Check it yourself', 'Image', 'Steps']],
    ['merging', ['Steps', 'Image', 'Tags', 'Signature', 'Check it yourself']],
    ['failed', ['Steps', 'Image', 'Tags', 'Signature', 'Check it yourself']],
  ] as const)('begins, where it is %s, with what matters then', (state, headings) => {
    const found = [...show({ state }).html.matchAll(/<h2>([A-Z][a-z ]+)<\/h2>/g)].map(([, heading]) => heading);
    expect(found).toEqual(headings);
  });
  it('draws each step to scale, and says how long it took', () => {
    const { html, text } = show();
    expect(html).toContain('x="20.00%" width="80.00%"');
    expect(text).toContain('push to quay.io, done160 ms');
  });
  it('draws a step under way until now', () => {
    const at = '2026-11-26T10:00:00.500Z';
    const { html } = show({ steps: [{ step: 'sign', state: 'running', at }] });
    expect(html).toContain('<rect class="work" x="0.00%" width="100.00%"');
  });
  it('tells what became of each tag, and why', () => {
    const tags = [{ name: 'v1', state: 'held', reason: 'it would lose linux/arm64' }] as const;
    const { text } = show({ targets: [{ repository: 'quay.io/a/b', state: 'published', tags }] });
    expect(text).toContain('held: it would lose linux/arm64');
  });
  it('escapes what came from elsewhere', () => {
    const evil = '<img src=x onerror=alert(1)>';
    const { html } = show({
      state: 'failed',
      reason: evil,
      ref: evil,
      targets: [{ repository: evil, state: 'failed', reason: evil, tags: [] }],
    });
    expect(html).not.toContain('<img');
  });
});

describe('cosignCommand', () => {
  it('names the issuer, the signer and the digest', () => {
    expect(cosignCommand({ ...config, sigstore: {} }, makeMerge())).toBe(
      [
        'cosign verify',
        '--certificate-oidc-issuer https://token.actions.githubusercontent.com',
        '--certificate-identity https://github.com/a/b/x.yml@refs/tags/v1',
        `quay.io/a/b@${DIGEST}`,
      ].join(' \\\n  '),
    );
  });
  it('names the trusted root of a Sigstore that cosign does not know', () => {
    const sigstore = { trusted_root: {}, signing_config: {} };
    expect(cosignCommand({ ...config, sigstore }, makeMerge())).toContain('--trusted-root trusted_root.json');
  });
  it('quotes what a shell would take apart', () => {
    const signature = {
      ...makeMerge().signature,
      identity: "https://a/b@refs/heads/$(id)'x",
    } as MergeView['signature'];
    expect(cosignCommand(config, makeMerge(signature ? { signature } : {}))).toContain(
      "'https://a/b@refs/heads/$(id)'\\''x'",
    );
  });
  it('is none where nothing is published', () => {
    expect(cosignCommand(config, makeMerge({ targets: [] }))).toBeUndefined();
  });
});
