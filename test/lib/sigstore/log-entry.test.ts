import { bundleFromJSON } from '@sigstore/bundle';
import { describe, expect, it } from 'vitest';
import { checkEntry, vouchedNumbers } from '../../../src/lib/sigstore/log-entry.ts';
import { dsse, edit, message } from './setup.ts';

const ENTRY = 'verificationMaterial.tlogEntries.0';

/** The first log entry of a bundle, in which a member has another value. */
function entryOf(bundle: unknown, path?: string, value?: unknown) {
  const edited = path === undefined ? bundle : edit(bundle, `${ENTRY}.${path}`, value);
  const [entry] = bundleFromJSON(edited).verificationMaterial.tlogEntries;
  if (!entry) throw new Error('the bundle has a log entry');
  return entry;
}

describe('checkEntry', () => {
  it.each([
    ['the first version', message],
    ['the second version', dsse],
  ])('finds nothing wrong with an entry of %s', (_, bundle) => {
    expect(() => checkEntry(entryOf(bundle))).not.toThrow();
  });
  it('lets a log of the first version count its shards apart', () => {
    expect(() => checkEntry(entryOf(message, 'logIndex', '99'))).not.toThrow();
    const intoto = entryOf(message, 'kindVersion', { kind: 'intoto', version: '0.0.2' });
    expect(() => checkEntry(intoto)).not.toThrow();
  });
  it('accepts an entry that is only promised', () => {
    const { inclusionProof: _, ...promised } = entryOf(message);
    expect(() => checkEntry({ ...promised, inclusionProof: undefined } as never)).not.toThrow();
  });
  it.each([
    ['logIndex', '-1', 'a log index is no number'],
    ['logIndex', '9'.repeat(21), 'a log index is no number'],
    ['logIndex', '99', 'an entry has two log indexes'],
    ['inclusionProof.logIndex', '0x1', "an inclusion proof's number is none"],
    ['inclusionProof.treeSize', '1e3', "an inclusion proof's number is none"],
    ['inclusionProof.treeSize', '5', 'an inclusion proof and its checkpoint are of different trees'],
    ['inclusionProof.rootHash', 'AAAA', 'an inclusion proof and its checkpoint are of different trees'],
    ['inclusionProof.checkpoint.envelope', 'x'.repeat(16_385), 'a checkpoint is too long'],
  ])('refuses %s: %s', (path, value, problem) => {
    expect(() => checkEntry(entryOf(dsse, path, value))).toThrow(problem);
  });
});

describe('vouchedNumbers', () => {
  it('takes what was promised', () => {
    const { logIndex, integratedTime } = entryOf(message);
    expect(vouchedNumbers(entryOf(message))).toEqual({ index: logIndex, integrated: Number(integratedTime) });
  });
  it("takes the proof's index, and no time, without a promise", () => {
    const { inclusionProof } = entryOf(message);
    const { inclusionPromise: _, ...proven } = entryOf(message);
    expect(vouchedNumbers({ ...proven, inclusionPromise: undefined } as never)).toEqual({
      index: inclusionProof?.logIndex,
      integrated: 0,
    });
  });
});
