import { describe, expect, it } from 'vitest';
import type { Latest } from '../../../src/lib/tags/flavor.ts';
import { tagsOf } from './run.ts';

/** LocalAI's rules, as its merge job hands them to docker/metadata-action. */
const RULES = ['type=ref,event=branch', 'type=semver,pattern={{raw}}', 'type=sha'];
const FLAVOR = 'suffix=,onlatest=true';

function seedTags(ref: string, latest: Latest, event_name = 'push', suffix = '-cpu-vllm'): string {
  return tagsOf(RULES, ref, { flavor: FLAVOR, overrides: { suffix, latest }, event_name });
}

describe('computeTags', () => {
  describe('when the rules are those of LocalAI', () => {
    it.each<[ref: string, latest: Latest, tags: string]>([
      ['refs/heads/master', 'auto', 'master-cpu-vllm sha-860c190-cpu-vllm'],
      ['refs/heads/master', 'true', 'master-cpu-vllm sha-860c190-cpu-vllm latest-cpu-vllm'],
      ['refs/heads/master', 'false', 'master-cpu-vllm sha-860c190-cpu-vllm'],
      ['refs/tags/v4.2.2', 'auto', 'v4.2.2-cpu-vllm sha-860c190-cpu-vllm latest-cpu-vllm'],
      ['refs/tags/v4.2.2', 'true', 'v4.2.2-cpu-vllm sha-860c190-cpu-vllm latest-cpu-vllm'],
      ['refs/tags/v4.2.2', 'false', 'v4.2.2-cpu-vllm sha-860c190-cpu-vllm'],
      ['refs/tags/v4.3.0-rc1', 'auto', 'v4.3.0-rc1-cpu-vllm sha-860c190-cpu-vllm'],
      ['refs/tags/v4.3.0-rc1', 'true', 'v4.3.0-rc1-cpu-vllm sha-860c190-cpu-vllm latest-cpu-vllm'],
      ['refs/tags/v4.2', 'auto', 'sha-860c190-cpu-vllm'],
      ['refs/tags/release/v1.2.3', 'auto', 'sha-860c190-cpu-vllm'],
      ['refs/heads/my/feature#1245', 'auto', 'my-feature-1245-cpu-vllm sha-860c190-cpu-vllm'],
      ['refs/tags/v1.2.3+cu12', 'auto', 'v1.2.3-cu12-cpu-vllm sha-860c190-cpu-vllm latest-cpu-vllm'],
      ['refs/heads/sha-860c190', 'auto', 'sha-860c190-cpu-vllm'],
    ])('%s with latest %s gives: %s', (ref, latest, tags) => {
      expect(seedTags(ref, latest)).toBe(tags);
    });

    it.each(['schedule', 'workflow_dispatch'])('gives the same for the event %s', (event) => {
      expect(seedTags('refs/heads/master', 'auto', event)).toBe('master-cpu-vllm sha-860c190-cpu-vllm');
    });

    it('gives the bare tags where a backend has no suffix', () => {
      expect(seedTags('refs/tags/v4.2.2', 'auto', 'push', '')).toBe('v4.2.2 sha-860c190 latest');
    });

    it('keeps a suffix as it is', () => {
      expect(seedTags('refs/heads/master', 'auto', 'push', '.A_b-1')).toBe('master.A_b-1 sha-860c190.A_b-1');
    });
  });

  describe('when an arrival brings what the workflow wrote into its flavor', () => {
    const refs = ['refs/heads/master', 'refs/tags/v4.2.2', 'refs/tags/v4.3.0-rc1', 'refs/tags/v4.2'];
    const written: [input: string, latest: Latest][] = [
      ['', 'auto'],
      ['auto', 'auto'],
      ['true', 'true'],
      ['false', 'false'],
    ];
    it.each(refs.flatMap((ref) => written.map((pair) => [ref, ...pair] as const)))(
      '%s with latest=%s gives the same tags',
      (ref, input, latest) => {
        const flavor = `latest=${input}\nsuffix=-cpu-vllm,onlatest=true\n`;
        expect(seedTags(ref, latest)).toBe(tagsOf(RULES, ref, { flavor }));
      },
    );
  });
});
