import { describe, expect, it } from 'vitest';
import { computeTags, type TagRequest } from '../../../src/lib/tags/compute.ts';
import { nameTags, parseImages } from '../../../src/lib/tags/images.ts';
import { COMMIT_DATE, requestOf, SHA } from './run.ts';

const BOTH = ['acme/app', 'ghcr.io/acme/app'];
const DATES = [
  'type=raw,value=x-{{branch}}',
  "type=raw,value=x-{{date 'YYYYMMDD'}}",
  "type=raw,value=x-cd-{{commit_date 'YYYYMMDD'}}",
  "type=raw,value=x-{{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}",
  'type=raw,value=x-tag-{{tag}}',
  'type=raw,value=x-base-{{base_ref}}',
  'type=raw,value=x-default,enable={{is_default_branch}}',
];
const WHOLE = ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}.{{patch}}'];

interface Vector extends Partial<TagRequest> {
  readonly images: string[];
  readonly rules: string[];
  readonly ref: string;
  readonly tags: string[];
  readonly latest?: boolean;
}

/** What docker/metadata-action's own tests of these names settle, on another repository. */
const VECTORS: Readonly<Record<string, Vector>> = {
  push06: { images: BOTH, rules: ['type=edge'], ref: 'refs/heads/main', tags: ['edge'] },
  push07: {
    images: BOTH,
    rules: ['type=ref,event=branch', 'type=sha'],
    ref: 'refs/heads/dev',
    tags: ['dev', 'sha-860c190'],
  },
  push08: { images: BOTH, rules: ['type=edge', 'type=sha'], ref: 'refs/heads/main', tags: ['edge', 'sha-860c190'] },
  push09: {
    images: BOTH,
    rules: ['type=edge,branch=dev', 'type=sha'],
    ref: 'refs/heads/dev',
    tags: ['edge', 'sha-860c190'],
  },
  push10: { images: BOTH, rules: ['type=edge,branch=dev', 'type=sha'], ref: 'refs/heads/main', tags: ['sha-860c190'] },
  push11: { images: BOTH, rules: ['type=edge', 'type=sha'], ref: 'refs/heads/a/b#1', tags: ['sha-860c190'] },
  push12: {
    images: BOTH,
    rules: ['type=semver,pattern={{version}}', 'type=pep440,pattern={{version}}', 'type=edge'],
    ref: 'refs/heads/a/b#1',
    tags: [],
  },
  push13: {
    images: ['acme/app'],
    rules: ['type=ref,priority=2000,event=branch', 'type=edge'],
    ref: 'refs/heads/main',
    tags: ['main', 'edge'],
  },
  push14: {
    images: ['acme/app'],
    rules: [
      'type=semver,pattern={{version}},value=v1.2.3',
      'type=pep440,pattern={{version}},value=v1.2.3',
      'type=edge',
    ],
    ref: 'refs/heads/main',
    tags: ['1.2.3', 'edge', 'latest'],
    latest: true,
  },
  push15: {
    images: ['acme/app'],
    rules: ['type=match,pattern=v(.*),group=1,value=v1.2.3', 'type=edge'],
    ref: 'refs/heads/main',
    tags: ['1.2.3', 'edge', 'latest'],
    latest: true,
  },
  push16: {
    images: ['acme/app'],
    rules: ['type=match,enable=false,pattern=v(.*),group=1,value=v1.2.3', 'type=edge'],
    ref: 'refs/heads/main',
    tags: ['edge'],
  },
  push17: {
    images: ['acme/app'],
    rules: DATES,
    ref: 'refs/heads/main',
    commit_date: COMMIT_DATE,
    tags: ['x-main', 'x-20240229', 'x-cd-20231105', 'x-20240301-080507', 'x-tag-', 'x-base-', 'x-default'],
  },
  push18: {
    images: BOTH,
    rules: ['type=ref,event=branch', 'type=sha,format=long'],
    ref: 'refs/heads/dev',
    tags: ['dev', `sha-${SHA}`],
  },
  push19: {
    images: BOTH,
    rules: [
      'type=edge,branch=main',
      'type=ref,event=branch,enable=false',
      'type=sha,format=long',
      'type=raw,value=default,enable={{is_default_branch}}',
    ],
    ref: 'refs/heads/dev',
    tags: [`sha-${SHA}`],
  },
  push20: {
    images: ['acme/app', 'ghcr.io/acme/app,enable=false'],
    rules: ['type=edge,branch=main', 'type=ref,event=branch,enable=false', 'type=sha,format=long'],
    ref: 'refs/heads/dev',
    tags: [`sha-${SHA}`],
  },
  push22: {
    images: ['acme/app'],
    rules: ['type=sha,format=long', 'type=raw,value=other,enable={{is_not_default_branch}}'],
    ref: 'refs/heads/dev',
    tags: ['other', `sha-${SHA}`],
  },
  tag12: { images: BOTH, rules: WHOLE, ref: 'refs/tags/v1.1.1', tags: ['1.1.1', 'latest'], latest: true },
  tag21: {
    images: BOTH,
    rules: WHOLE,
    ref: 'refs/tags/v1.1.1',
    flavor: ['suffix=-dev,onlatest=true'],
    tags: ['1.1.1-dev', 'latest-dev'],
    latest: true,
  },
  tag22: {
    images: BOTH,
    rules: WHOLE,
    ref: 'refs/tags/v1.1.1',
    flavor: ['prefix=foo-,onlatest=true', 'suffix=-dev,onlatest=true'],
    tags: ['foo-1.1.1-dev', 'foo-latest-dev'],
    latest: true,
  },
  tag31: {
    images: BOTH,
    rules: ['type=semver,pattern={{raw}}'],
    ref: 'refs/tags/v2.0.8-beta.67',
    tags: ['v2.0.8-beta.67'],
  },
  schedule01: {
    images: ['acme/app'],
    rules: [],
    ref: 'refs/heads/main',
    event_name: 'schedule',
    tags: ['nightly', 'main'],
  },
};

describe('computeTags', () => {
  describe.each(Object.entries(VECTORS))('when the case is %s', (_, { images, rules, ref, tags, latest, ...run }) => {
    const computed = computeTags(requestOf(rules, ref, run));

    it('gives the tags of each image', () => {
      const enabled = images.filter((image) => !image.includes('enable=false'));
      const named = enabled.flatMap((image) => tags.map((tag) => `${image}:${tag}`));
      expect(nameTags(parseImages(images), computed.tags)).toEqual(named);
    });

    it('says whether it is the latest', () => {
      expect(computed.latest).toBe(latest ?? false);
    });

    it('names the version by the first tag', () => {
      expect(computed.main).toBe(tags[0] ?? '');
    });
  });
});
