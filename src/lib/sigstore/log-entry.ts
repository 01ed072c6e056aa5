import type { Bundle } from '@sigstore/bundle';
import { parseCheckpoint } from './checkpoint.ts';

/** A 64-bit number. */
const NUMBER = /^\d{1,20}$/;
/** Entries of Rekor v2, whose only index is that of the proof; a log of the first version has shards. */
const REKOR_V2 = ['hashedrekord 0.0.2', 'dsse 0.0.2'];

type LogEntry = Bundle['verificationMaterial']['tlogEntries'][number];

/**
 * Checks an entry before any cryptography: numbers are bounded before anybody computes with them (a million digits
 * would cost seconds), and what the entry says twice must be the same, for only one of the two is verified.
 *
 * @throws {Error} saying what is wrong with it
 */
export function checkEntry({ logIndex, kindVersion, inclusionProof }: LogEntry): void {
  if (!NUMBER.test(logIndex)) throw new Error('a log index is no number');
  if (!inclusionProof) return;
  const { logIndex: index, treeSize, rootHash, checkpoint } = inclusionProof;
  if (!NUMBER.test(index) || !NUMBER.test(treeSize)) throw new Error("an inclusion proof's number is none");
  const isV2 = REKOR_V2.includes(`${kindVersion?.kind} ${kindVersion?.version}`);
  if (isV2 && index !== logIndex) throw new Error('an entry has two log indexes');
  if (!checkpoint) return;
  const tree = parseCheckpoint(checkpoint.envelope, isV2);
  if (tree.treeSize !== treeSize || tree.rootHash !== rootHash.toString('base64'))
    throw new Error('an inclusion proof and its checkpoint are of different trees');
}

/** The index and time (seconds since the epoch) that are vouched for: a promise covers both, a proof its own index. */
export function vouchedNumbers(entry: LogEntry | undefined): { readonly index: string; readonly integrated: number } {
  if (entry?.inclusionPromise) return { index: entry.logIndex, integrated: Number(entry.integratedTime) };
  return { index: entry?.inclusionProof?.logIndex ?? '', integrated: 0 };
}
