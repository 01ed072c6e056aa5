/** Characters of a checkpoint with its cosignatures. */
const MAX_CHECKPOINT = 16_384;
/** `— name base64`; the first four bytes are a hint at the key. */
const SIGNATURE = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]{7,}={0,2})$/;
const CONTROL = /[^\P{Cc}\n]/u;

/** What a checkpoint says of its tree, as text. */
export interface Checkpoint {
  readonly treeSize: string;
  /** Base64. */
  readonly rootHash: string;
}

/**
 * Parses a checkpoint, its signatures not verified. It must be a signed note to the letter, and signed once
 * by each key of its log: the library would take any line whose name is part of the log's URL, and skip over the rest.
 *
 * @param isShared - whether witnesses sign it too, as those of Rekor v2
 * @see https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md
 * @see https://github.com/C2SP/C2SP/blob/main/signed-note.md
 * @throws {Error} saying what it is not
 */
export function parseCheckpoint(envelope: string, isShared: boolean): Checkpoint {
  if (envelope.length > MAX_CHECKPOINT) throw new Error('a checkpoint is too long');
  const [body = '', signatures, ...more] = envelope.split('\n\n');
  if (signatures === undefined || more.length > 0 || !signatures.endsWith('\n') || CONTROL.test(envelope))
    throw new Error('a checkpoint is no signed note');
  const [origin, treeSize = '', rootHash = ''] = body.split('\n', 3);
  const signed = signatures.slice(0, -1).split('\n').map(parseSignature);
  const own = isShared ? signed.filter(({ name }) => name === origin) : signed;
  const isOnce = own.every((one) => signed.filter(({ hint }) => hint === one.hint).length === 1);
  if (own.length === 0 || !isOnce || !(isShared || own.length === 1))
    throw new Error('a checkpoint is not signed by its log, once');
  return { treeSize, rootHash };
}

function parseSignature(line: string): { readonly name: string; readonly hint: string } {
  const [, name, base64] = SIGNATURE.exec(line) ?? [];
  if (name === undefined || base64 === undefined || base64.length % 4 !== 0)
    throw new Error('a checkpoint is no signed note');
  return { name, hint: Buffer.from(base64, 'base64').subarray(0, 4).toString('hex') };
}
