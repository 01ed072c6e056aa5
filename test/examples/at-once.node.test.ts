import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkWranglerConfig } from '../../scripts/wrangler-config.ts';
import { readJob, root, runJob } from './job.ts';
import { startStrictMuster } from './strict-muster.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the project that is published at once', () => {
  it('reports each leg, lends its identity, and says what it waits for', async () => {
    const muster = await startStrictMuster();
    const { succeeded } = await runJob(readJob('examples/at-once/build.yml', 'build'), {
      contexts: { vars: { MUSTER_URL: muster.url }, matrix: { platform: 'arm64' } },
      identity: muster.identity,
      outputs: { build: { digest: DIGEST } },
    });
    await muster.close();
    expect([succeeded, muster.refused]).toEqual([true, []]);
    expect(muster.received).toMatchObject([
      { lent: true, body: { tag_suffix: '', platform_tag: 'arm64', digest: DIGEST, expect: ['amd64', 'arm64'] } },
    ]);
  });
  it('has a configuration without errors', () => {
    const findings = checkWranglerConfig(readFileSync(`${root}examples/at-once/muster.toml`, 'utf8'));
    expect(findings.map(({ text }) => text)).toEqual([expect.stringContaining('MUSTER.audience')]);
  });
});
