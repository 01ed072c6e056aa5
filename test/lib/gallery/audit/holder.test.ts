import { describe, expect, it } from 'vitest';
import { findHolder, listBranches } from '../../../../src/lib/gallery/audit/holder.ts';
import { config } from '../../../routes/registry-setup.ts';
import { FakeRepository } from '../fake-repository.ts';

const SHA = '860c190abcdef';

async function holderOf(tag: string, others: string[], signer: object = {}) {
  const fake = new FakeRepository();
  const image = await fake.addImage('amd64');
  const other = await fake.addImage('arm64');
  for (const name of others) fake.tags.set(name.replace('!', ''), name.startsWith('!') ? other.digest : image.digest);
  return findHolder({
    repository: fake.repository,
    tag,
    digest: image.digest,
    branches: ['master', 'feature-x'],
    signer: { issuer: 'i', identity: 's', source_digest: SHA, source_ref: 'refs/tags/v1.2.3', ...signer },
  });
}

describe('findHolder', () => {
  it.each([
    ["a tag that is not a branch's", 'latest-x', [], 'latest-x'],
    ["a tag that only starts like a branch's", 'masterly-x', [], 'masterly-x'],
    ['the tag of the commit', 'master-x', ['sha-860c190-x'], 'sha-860c190-x'],
    ['the tag of the release', 'master-x', ['v1.2.3-x'], 'v1.2.3-x'],
    ['the tag of the commit, without a suffix', 'master', ['sha-860c190'], 'sha-860c190'],
    ["another branch's", 'feature-x-y', ['sha-860c190-y'], 'sha-860c190-y'],
    ['none where that has another digest', 'master-x', ['!sha-860c190-x'], undefined],
    ['none where there is none', 'master-x', [], undefined],
  ])('is %s', async (_, tag, others, holder) => {
    expect(await holderOf(tag, others)).toBe(holder);
  });

  it('does not take another branch for a release', async () => {
    expect(await holderOf('master-x', ['other-x'], { source_ref: 'refs/heads/other' })).toBeUndefined();
  });
});

describe('listBranches', () => {
  it('knows those of the projects that publish there, and the common ones', () => {
    expect(listBranches(config, 'localhost:5000/a/b')).toEqual(['master', 'main']);
    expect(
      listBranches(
        {
          ...config,
          projects: config.projects.map((project) => ({
            ...project,
            refs: ['refs/heads/a/b', 'refs/heads/x/*'],
            default_branch: 'trunk',
          })),
        },
        'localhost:5000/a/b',
      ),
    ).toEqual(['master', 'main', 'a-b', 'trunk']);
  });
});
