import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_RETRY } from '../../../../src/lib/http.ts';
import { TagWriter } from '../../../../src/lib/merge/tag-lock/tag-writer.ts';
import type { Digest } from '../../../../src/lib/oci/digest.ts';
import type { Repository } from '../../../../src/lib/oci/repository.ts';
import { digestOf } from '../make.ts';

const manifest = (letter: string) => ({ bytes: new Uint8Array(), mediaType: 'x/y', digest: digestOf(letter) });

/** A writer over storage that outlives it, and a registry that holds one tag. */
function makeWriter({ shows }: { readonly shows?: Digest } = {}) {
  const stored = new Map<string, unknown>();
  const clock = { now: 0 };
  const sleep = vi.fn(async (ms: number) => {
    clock.now += ms;
  });
  const kv = {
    get: (key: string) => stored.get(key),
    put: (key: string, value: unknown) => stored.set(key, value),
    delete: (key: string) => stored.delete(key),
  } as unknown as ConstructorParameters<typeof TagWriter>[0];
  const services = {
    now: () => clock.now,
    caller: { sleep, now: () => clock.now, retry: DEFAULT_RETRY, random: Math.random, fetch: vi.fn() },
  };
  let tag: Digest | undefined;
  const dies = { next: false };
  const repository = {
    pushManifest: async (_: string, { digest }: { digest: Digest }) => {
      if (dies.next) throw new Error('killed');
      tag = digest;
    },
    headManifest: async () => ({ digest: shows ?? tag, mediaType: 'x/y', size: 0 }),
  } as unknown as Repository;
  return { create: () => new TagWriter(kv, services), repository, sleep, stored, dies, clock };
}

describe('TagWriter', () => {
  it('leaves nothing pending when the write is answered', async () => {
    const { create, repository, stored } = makeWriter();
    await create().write(repository, 'latest', manifest('a'));
    expect(stored.size).toBe(0);
  });
  it('refuses to call it done when the registry shows something else', async () => {
    const { create, repository } = makeWriter({ shows: digestOf('b') });
    await expect(create().write(repository, 'latest', manifest('a'))).rejects.toMatchObject({ code: 'TAG_CONTESTED' });
  });

  describe('when an earlier life was killed while it wrote', () => {
    async function killed() {
      const made = makeWriter();
      made.dies.next = true;
      await made
        .create()
        .write(made.repository, 'latest', manifest('a'))
        .catch(() => undefined);
      made.dies.next = false;
      return made;
    }
    const timeoutMs = DEFAULT_RETRY.tries * DEFAULT_RETRY.timeoutMs;

    it('waits out its call before other bytes follow', async () => {
      const { create, repository, sleep } = await killed();
      await create().write(repository, 'latest', manifest('b'));
      expect(sleep).toHaveBeenCalledWith(timeoutMs);
    });
    it('repeats the same bytes at once', async () => {
      const { create, repository, sleep } = await killed();
      await create().write(repository, 'latest', manifest('a'));
      expect(sleep).not.toHaveBeenCalled();
    });
    it('still waits after the same bytes were repeated, for the first call may yet land', async () => {
      const { create, repository, sleep } = await killed();
      await create().write(repository, 'latest', manifest('a'));
      await create().write(repository, 'latest', manifest('b'));
      expect(sleep).toHaveBeenCalledWith(timeoutMs);
    });
    it('does not wait when the time-out has passed', async () => {
      const { create, repository, sleep, clock } = await killed();
      clock.now = timeoutMs;
      await create().write(repository, 'latest', manifest('b'));
      expect(sleep).not.toHaveBeenCalled();
    });
  });
});
