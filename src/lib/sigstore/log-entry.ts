import type { Bundle } from '@sigstore/bundle';

/** A 64-bit number. */
const NUMBER = /^\d{1,20}$/;
/** Characters of a checkpoint with its cosignatures. */
const MAX_CHECKPOINT = 16_384;
/** Entries of Rekor v2, whose only index is that of the proof; a log of the first version has shards. */
const REKOR_V2 = ['hashedrekord 0.0.2', 'dsse 0.0.2'];

type LogEntry = Bundle['verificationMaterial']['tlogEntries'][number];

/**
 * What is wrong with an entry before any cryptography: numbers are bounded before anybody computes with them (a million
 * digits would cost seconds), and what the entry says twice must be the same, for only one of the two is verified.
 *
 * @see https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md
 */
export function findEntryProblem({ logIndex, kindVersion, inclusionProof }: LogEntry): string | undefined {
  if (!NUMBER.test(logIndex)) return 'a log index is no number';
  if (!inclusionProof) return undefined;
  const { logIndex: index, treeSize, rootHash, checkpoint } = inclusionProof;
  if (!NUMBER.test(index) || !NUMBER.test(treeSize)) return "an inclusion proof's number is none";
  const kind = `${kindVersion?.kind} ${kindVersion?.version}`;
  if (REKOR_V2.includes(kind) && index !== logIndex) return 'an entry has two log indexes';
  if (!checkpoint) return undefined;
  if (checkpoint.envelope.length > MAX_CHECKPOINT) return 'a checkpoint is too long';
  const [, size, root] = checkpoint.envelope.split('\n', 3);
  const isSame = size === treeSize && root === rootHash.toString('base64');
  return isSame ? undefined : 'an inclusion proof and its checkpoint are of different trees';
}

/** The index and time (seconds since the epoch) that are vouched for: a promise covers both, a proof its own index. */
export function vouchedNumbers(entry: LogEntry | undefined): { readonly index: string; readonly integrated: number } {
  if (entry?.inclusionPromise) return { index: entry.logIndex, integrated: Number(entry.integratedTime) };
  return { index: entry?.inclusionProof?.logIndex ?? '', integrated: 0 };
}
