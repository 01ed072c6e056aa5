import { describe, expect, it } from 'vitest';
import { onPort } from '../../demo/process.ts';

const TAKEN = new Error('bind(): Address already in use (os error 98)');

/** Fails so often, and keeps the ports that it was given. */
function makeStart(failures: readonly Error[]) {
  const ports: number[] = [];
  const start = async (port: number) => {
    ports.push(port);
    const failure = failures[ports.length - 1];
    if (failure) throw failure;
    return port;
  };
  return { ports, start };
}

describe('onPort', () => {
  it('goes to another port where somebody took the first', async () => {
    const { ports, start } = makeStart([TAKEN]);
    expect(await onPort(undefined, start)).toBe(ports[1]);
    expect(new Set(ports).size).toBe(2);
  });
  it('gives up after three', async () => {
    const { ports, start } = makeStart([TAKEN, TAKEN, TAKEN]);
    await expect(onPort(undefined, start)).rejects.toBe(TAKEN);
    expect(ports).toHaveLength(3);
  });
  it('starts on the port that is given, and nowhere else', async () => {
    const { ports, start } = makeStart([TAKEN]);
    await expect(onPort(7001, start)).rejects.toBe(TAKEN);
    expect(ports).toEqual([7001]);
  });
  it('does not try again what failed for another reason', async () => {
    const { ports, start } = makeStart([new Error('no')]);
    await expect(onPort(undefined, start)).rejects.toThrow('no');
    expect(ports).toHaveLength(1);
  });
});
