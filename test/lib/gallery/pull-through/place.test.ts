import { describe, expect, it } from 'vitest';
import { createBudget } from '../../../../src/lib/gallery/budget.ts';
import { findPlace } from '../../../../src/lib/gallery/pull-through/place.ts';
import { openUpstream } from '../../../../src/lib/gallery/pull-through/upstream.ts';
import type { Repository } from '../../../../src/lib/oci/repository.ts';
import { config } from '../../../routes/registry-setup.ts';
import { FakeRepository } from '../fake-repository.ts';

describe('findPlace', () => {
  it('finds the target behind an alias, and its policy', () => {
    expect(findPlace(config, 'q/a/b')).toMatchObject({
      host: 'localhost:5000',
      name: 'a/b',
      isPublic: false,
      policies: [{ name: 'strict' }],
      warnOnly: false,
    });
  });

  it('only warns where every policy does', () => {
    const { policies, warnOnly } = findPlace(config, 'quay.io/a/warned');
    expect([policies.map(({ name }) => name), warnOnly]).toEqual([['lenient', 'strict'], false]);
  });

  it.each(['docker.io/a/b', 'q/a', 'quay.io/a/b', 'toString/a/b'])('does not know %s', (name) => {
    expect(() => findPlace(config, name)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
  });

  describe('when a client says whose mirror we are', () => {
    it.each(['localhost:5000', 'q'])('finds the repository of %s', (namespace) => {
      expect(findPlace(config, 'a/b', namespace)).toMatchObject({ host: 'localhost:5000', name: 'a/b' });
    });

    it('goes by the name where that says it too', () => {
      expect(findPlace(config, 'q/a/b', 'quay.io')).toMatchObject({ host: 'localhost:5000', name: 'a/b' });
    });

    it.each(['docker.io', 'quay.io', 'quay.io/a', '', 'toString'])('does not know a/b of "%s"', (namespace) => {
      expect(() => findPlace(config, 'a/b', namespace)).toThrow(expect.objectContaining({ code: 'NAME_UNKNOWN' }));
    });
  });
});

describe('openUpstream', () => {
  const open = (name: string, requests = 9) => {
    const opened: string[] = [];
    const repository = (how: string): Repository => {
      opened.push(how);
      return new FakeRepository().repository;
    };
    const options = {
      publicRegistry: (host: string) => ({
        host,
        repository: (name: string) => repository(`anonymous ${host}/${name}`),
      }),
      ownRepository: (name: string) => repository(`credentials ${name}`),
      budget: createBudget(() => 0, requests),
    };
    return { upstream: openUpstream(options, findPlace(config, name)), opened };
  };

  it('reads anonymously', () => {
    expect(open('quay.io/a/warned').opened).toEqual(['anonymous quay.io/a/warned']);
  });

  it('reads with our credentials what the configuration makes public', () => {
    expect(open('quay.io/a/public').opened).toEqual(['credentials quay.io/a/public']);
  });

  it('counts what it reads', async () => {
    const { upstream } = open('quay.io/a/public', 1);
    await upstream.headManifest('v1');
    await expect(upstream.headManifest('v1')).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
  });
});
