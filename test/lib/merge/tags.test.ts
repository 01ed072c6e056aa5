import { describe, expect, it } from 'vitest';
import { latestTagsOf, tagsOf } from '../../../src/lib/merge/tags.ts';
import { codeOf } from '../tags/run.ts';
import { makeRecord } from './make.ts';

const LOCALAI = {
  tags: ['type=ref,event=branch', 'type=semver,pattern={{raw}}', 'type=sha'],
  flavor: 'suffix=,onlatest=true',
};

describe('tagsOf', () => {
  it('puts the arrival’s suffix on every tag', () => {
    expect(tagsOf(LOCALAI, makeRecord())).toEqual(['master-cpu-bar', 'sha-5d0b549-cpu-bar']);
  });

  it('sets latest where the arrival says so', () => {
    expect(tagsOf(LOCALAI, makeRecord({ tag_latest: 'true' }))).toContain('latest-cpu-bar');
  });

  it('says which of them are to name the latest version', () => {
    expect(latestTagsOf(LOCALAI, makeRecord({ tag_latest: 'true' }))).toEqual(['latest-cpu-bar']);
  });

  it('reads the ref, commit and event of the token only', () => {
    const { subject } = makeRecord();
    const record = makeRecord({ subject: { ...subject, ref: 'refs/tags/v1.2.3' }, tag_suffix: '' });
    expect(tagsOf(LOCALAI, record)).toEqual(['v1.2.3', 'sha-5d0b549', 'latest']);
  });

  it('takes the default branch and the length of a commit from the project', () => {
    const project = { tags: ['type=edge', 'type=sha'], flavor: '', default_branch: 'master', short_sha_length: 12 };
    expect(tagsOf(project, makeRecord())).toEqual(['edge-cpu-bar', 'sha-5d0b549049d4-cpu-bar']);
  });

  it('takes the time of the first arrival for that of the run', () => {
    const project = { tags: ["type=raw,value={{date 'YYYYMMDD-HHmmss'}}"], flavor: '' };
    expect(tagsOf(project, makeRecord({ created_at: 90_000_000 }))).toEqual(['19700102-010000-cpu-bar']);
  });

  it('refuses a tag that no registry takes', () => {
    const { subject } = makeRecord();
    const record = makeRecord({ subject: { ...subject, ref: `refs/heads/${'x'.repeat(128)}` } });
    expect(codeOf(() => tagsOf(LOCALAI, record))).toBe('TAG_INVALID');
  });
});
