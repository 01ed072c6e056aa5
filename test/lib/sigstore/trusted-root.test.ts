import { describe, expect, it } from 'vitest';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { codeOf, dsseRoot, edit } from './setup.ts';

const CHAIN = 'certificateAuthorities.0.certChain.certificates';
const [first] = dsseRoot.certificateAuthorities;
const [LEAF, ROOT] = first?.certChain.certificates ?? [];
const authority = (certificates: unknown[]) => ({ ...first, certChain: { certificates } });
const refusal = (json: unknown) => codeOf(() => parseTrustedRoot(json));

describe('parseTrustedRoot', () => {
  it('parses every log and authority once', () => {
    const { root, material } = parseTrustedRoot(dsseRoot);
    expect(material.tlogs).toHaveLength(dsseRoot.tlogs.length);
    expect(root.certificateAuthorities).toHaveLength(dsseRoot.certificateAuthorities.length);
  });
  it('accepts one without certificate authorities, for managed keys', () => {
    expect(refusal({ ...dsseRoot, certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] })).toBe('no error');
  });
  it.each([
    ['an empty one', {}],
    ['nothing', null],
    ['text', 'root'],
    ['a list', []],
    ['one without a log', { ...dsseRoot, tlogs: [] }],
    ['logs that are no list', { ...dsseRoot, tlogs: 'x' }],
    ['a log without a key', edit(dsseRoot, 'tlogs.0.publicKey', undefined)],
    ['a log with a key that is none', edit(dsseRoot, 'tlogs.0.publicKey.rawBytes', 'AAAA')],
    ['a log without a start', edit(dsseRoot, 'tlogs.0.publicKey.validFor', {})],
    ['a CT log without a start', edit(dsseRoot, 'ctlogs.0.publicKey.validFor', undefined)],
    ['an authority without a start', edit(dsseRoot, 'certificateAuthorities.0.validFor', undefined)],
    ['a timestamp authority without a start', edit(dsseRoot, 'timestampAuthorities.0.validFor', {})],
    ['an authority without a chain', edit(dsseRoot, 'certificateAuthorities.0.certChain', undefined)],
    ['an authority whose certificate is none', edit(dsseRoot, 'certificateAuthorities.0.certChain.certificates', [{}])],
    ['an entry that is null', { ...dsseRoot, tlogs: [null] }],
    ['a chain of nine certificates', edit(dsseRoot, `${CHAIN}`, Array(9).fill(ROOT))],
    ['65 certificates', { ...dsseRoot, certificateAuthorities: Array(65).fill(authority([ROOT])) }],
    ['a chain that goes from the root to the leaf', edit(dsseRoot, CHAIN, [ROOT, LEAF])],
    ['257 logs', { ...dsseRoot, tlogs: Array(257).fill(dsseRoot.tlogs[0]) }],
  ])('refuses %s', (_, json) => {
    expect(refusal(json)).toBe('ROOT_INVALID');
  });
});
