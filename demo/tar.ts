const BLOCK = 512;

/** A file in an archive. */
export interface TarFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Permissions; default 0o644. */
  readonly mode?: number;
}

/**
 * Packs files; the same bytes for the same files.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 (ustar)
 */
export function packTar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap((file) => [buildHeader(file), file.bytes, Buffer.alloc(padding(file.bytes.byteLength))]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** The bytes of one file of an archive. @throws {Error} where it is not there */
export function readTarFile(archive: Buffer, name: string): Buffer {
  for (let at = 0; at + BLOCK <= archive.byteLength && archive[at] !== 0; ) {
    const size = Number.parseInt(text(archive, at + 124, 12), 8);
    if (text(archive, at, 100) === name) return archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + size + padding(size);
  }
  throw new Error(`the archive has no ${name}`);
}

function buildHeader({ name, bytes, mode = 0o644 }: TarFile): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(bytes.byteLength, 12) + octal(0, 12), 100);
  // The checksum counts its own field as spaces.
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total: number, byte: number) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function text(archive: Buffer, at: number, length: number): string {
  return archive.toString('latin1', at, at + length).replace(/\0.*$/s, '');
}
