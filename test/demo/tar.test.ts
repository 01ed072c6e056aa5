import { describe, expect, it } from 'vitest';
import { packTar, readTarFile } from '../../demo/tar.ts';

const files = [
  { name: 'first', bytes: Buffer.from('a'.repeat(513)) },
  { name: 'package/bin/second', bytes: Buffer.from('#!'), mode: 0o755 },
];

describe('packTar', () => {
  it('fills whole blocks and ends with two empty ones', () => {
    // A header each, two blocks of content and one, the end.
    expect(packTar(files).byteLength).toBe(512 * (2 + 3 + 2));
  });

  it('writes the checksum that the header has with a blank checksum', () => {
    const header = packTar(files).subarray(0, 512);
    const stated = Number.parseInt(header.toString('latin1', 148, 154), 8);
    const blank = Buffer.from(header).fill(' ', 148, 156);
    expect(stated).toBe(blank.reduce((sum: number, byte: number) => sum + byte, 0));
  });

  it('is the same for the same files', () => {
    expect(packTar(files).equals(packTar(files))).toBe(true);
  });
});

describe('readTarFile', () => {
  it('finds a file behind another whose last block is not full', () => {
    expect(readTarFile(packTar(files), 'package/bin/second').toString()).toBe('#!');
  });

  it('says what is not there', () => {
    expect(() => readTarFile(packTar(files), 'third')).toThrow('has no third');
  });
});
