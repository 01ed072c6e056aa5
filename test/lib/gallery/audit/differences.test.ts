import { describe, expect, it } from 'vitest';
import { compareGalleries } from '../../../../src/lib/gallery/audit/differences.ts';
import type { AuditCode, Installs, JudgedEntry } from '../../../../src/lib/gallery/audit/evaluate.ts';

function entry(name: string, code: AuditCode, installs: Installs['installs'] = 'uri', digest = 'a'): JudgedEntry {
  const uri = `quay.io/a/b:${name}`;
  return {
    name,
    code,
    references: [{ role: 'uri', uri, ref: uri, code, digest: `sha256:${digest}` }],
    platforms: [{ platform: 'linux/amd64', installs }],
  };
}

describe('compareGalleries', () => {
  it('finds nothing between equals', () => {
    const gallery = [entry('a', 'VERIFIED')];
    expect(compareGalleries(gallery, gallery)).toEqual({ added: [], removed: [], changed: [] });
  });

  it('finds what came and what went', () => {
    expect(compareGalleries([entry('a', 'VERIFIED')], [entry('b', 'VERIFIED')])).toMatchObject({
      added: ['b'],
      removed: ['a'],
    });
  });

  it('finds a release that silently became a development image', () => {
    const after = entry('a', 'SIGNED_BEFORE_CUTOFF', 'branch');
    expect(compareGalleries([entry('a', 'VERIFIED')], [after]).changed).toEqual([
      {
        name: 'a',
        uri: 'quay.io/a/b:a',
        code: { from: 'VERIFIED', to: 'SIGNED_BEFORE_CUTOFF' },
        installs: [{ platform: 'linux/amd64', from: 'uri', to: 'branch' }],
      },
    ]);
  });

  it('finds another digest', () => {
    const [changed] = compareGalleries([entry('a', 'VERIFIED')], [entry('a', 'VERIFIED', 'uri', 'b')]).changed;
    expect(changed).toEqual({ name: 'a', uri: 'quay.io/a/b:a', digest: { from: 'sha256:a', to: 'sha256:b' } });
  });

  it('finds a platform that went', () => {
    const after = { ...entry('a', 'VERIFIED'), platforms: [] };
    expect(compareGalleries([entry('a', 'VERIFIED')], [after]).changed[0]?.installs).toEqual([
      { platform: 'linux/amd64', from: 'uri', to: null },
    ]);
  });

  it('tells entries of one name apart by their URI', () => {
    const other = { ...entry('b', 'SIGNATURE_MISSING'), name: 'a' };
    const gallery = [entry('a', 'VERIFIED'), other];
    expect(compareGalleries(gallery, gallery).changed).toEqual([]);
  });
});
