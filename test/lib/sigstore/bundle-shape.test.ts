import { describe, expect, it } from 'vitest';
import { findShapeProblem } from '../../../src/lib/sigstore/bundle-shape.ts';
import managedKey from '../gallery/fixtures/managed-key.json';
import { dsse, edit, message } from './setup.ts';

const ENTRY = 'verificationMaterial.tlogEntries.0';
const SIG = dsse.dsseEnvelope.signatures[0]?.sig ?? '';

describe('findShapeProblem', () => {
  it.each([
    ['a statement', dsse],
    ['a plain signature', message],
    ['a managed key', managedKey],
  ])('finds nothing wrong with a bundle of %s', (_, bundle) => {
    expect(findShapeProblem(bundle)).toBeUndefined();
  });
  it.each([
    ['a number as a number', `${ENTRY}.logIndex`, 5],
    ['null for what is not there', `${ENTRY}.inclusionPromise`, null],
    ["the URL's alphabet", 'dsseEnvelope.signatures.0.sig', '-_-_'],
    ['no padding', 'dsseEnvelope.signatures.0.sig', 'AAA'],
  ])('allows %s, as protobuf does', (_, path, value) => {
    expect(findShapeProblem(edit(dsse, path, value))).toBeUndefined();
  });
  it.each([
    ['an unknown member', 'extra', 1],
    ['an unknown member within', `${ENTRY}.inclusionProof.extra`, 1],
    ['a member of another case', 'MediaType', 'x'],
    ['both contents', 'messageSignature', message.messageSignature],
    ['a key beside the certificate', 'verificationMaterial.publicKey', { hint: 'x' }],
    ['a chain beside the certificate', 'verificationMaterial.x509CertificateChain', { certificates: [] }],
    ['an object for a list', 'verificationMaterial.tlogEntries', { 0: {} }],
    ['null in a list', 'verificationMaterial.tlogEntries', [null]],
    ['text for a list', 'dsseEnvelope.signatures', 'x'],
    ['a number for bytes', 'dsseEnvelope.payload', 5],
    ['bytes with more behind', 'dsseEnvelope.signatures.0.sig', `${SIG}!`],
    ['bytes with a space within', 'dsseEnvelope.signatures.0.sig', ` ${SIG}`],
    ['bytes of two alphabets', 'dsseEnvelope.signatures.0.sig', '-/-/'],
    ['bytes whose padding is too short', 'dsseEnvelope.signatures.0.sig', 'AA='],
    ['bytes that end within a byte', 'dsseEnvelope.signatures.0.sig', 'AAAAA'],
    ['a negative index', `${ENTRY}.logIndex`, '-1'],
    ['a negative time', `${ENTRY}.integratedTime`, -1],
    ['an index of 2^63', `${ENTRY}.logIndex`, '9223372036854775808'],
    ['an index with leading zeros', `${ENTRY}.logIndex`, '007'],
    ['an index in hexadecimal', `${ENTRY}.logIndex`, '0x7'],
    ['an index with a fraction', `${ENTRY}.logIndex`, 1.5],
    ['an index that JavaScript rounds', `${ENTRY}.logIndex`, 2 ** 53],
    ['an index that is true', `${ENTRY}.logIndex`, true],
    ['a time that is no number', `${ENTRY}.integratedTime`, '2026-01-01T00:00:00Z'],
    ['a kind that is a list', `${ENTRY}.kindVersion.kind`, ['hashedrekord']],
    ['version 0.4', 'mediaType', 'application/vnd.dev.sigstore.bundle.v0.4+json'],
    ['version 9.9', 'mediaType', 'application/vnd.dev.sigstore.bundle+json;version=9.9'],
    ['a media type that goes on', 'mediaType', 'application/vnd.dev.sigstore.bundle.v0.3+json; x=y'],
    ['a media type in capitals', 'mediaType', 'APPLICATION/VND.DEV.SIGSTORE.BUNDLE.V0.3+JSON'],
    ['no media type', 'mediaType', undefined],
  ])('refuses %s', (_, path, value) => {
    expect(findShapeProblem(edit<unknown>(dsse, path, value))).toEqual(expect.any(String));
  });
  it.each([null, [], 'x', 7, {}])('refuses %j', (json) => {
    expect(findShapeProblem(json)).toEqual(expect.any(String));
  });
  it('names the member', () => {
    expect(findShapeProblem(edit(dsse, `${ENTRY}.logIndex`, '-1'))).toContain(ENTRY);
  });
});
