import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { Uploads } from '../../../../src/lib/merge/images/uploads.ts';
import { digestOf } from '../make.ts';

const PLACE = 'a.test/x';
const state = (offset: number) => ({ location: `https://a.test/v2/x/blobs/uploads/1?at=${offset}`, offset });

/** Uploads in an object that nobody else uses; called again with the same name they are another process's. */
function withUploads<Value>(name: string, work: (uploads: Uploads, sql: SqlStorage) => Value): Promise<Value> {
  return runInDurableObject(env.MERGES.getByName(name), (_, { storage }) =>
    work(new Uploads(storage.sql), storage.sql),
  );
}

describe('Uploads', () => {
  it('knows nothing, and writes nothing, before something is stored', async () => {
    const found = await withUploads(crypto.randomUUID(), (uploads, sql) => {
      uploads.store(PLACE, digestOf('a'));
      return [uploads.load(PLACE, digestOf('a')), sql.exec('SELECT name FROM sqlite_master').toArray().length];
    });
    expect(found).toEqual([undefined, 0]);
  });
  it('keeps the last state of an upload for another process', async () => {
    const name = crypto.randomUUID();
    await withUploads(name, (uploads) => {
      uploads.store(PLACE, digestOf('a'), state(0));
      uploads.store(PLACE, digestOf('a'), state(1000));
    });
    expect(await withUploads(name, (uploads) => uploads.load(PLACE, digestOf('a')))).toEqual(state(1000));
  });
  it('has one writer for each upload at a time', async () => {
    const claims = await withUploads(crypto.randomUUID(), (uploads) => {
      const claim = (letter: string) => uploads.claim(PLACE, digestOf(letter));
      const [first, second, other] = [claim('a'), claim('a'), claim('b')];
      uploads.release(PLACE, digestOf('a'));
      return [first, second, other, claim('a')];
    });
    expect(claims).toEqual([true, false, true, true]);
  });
  it('keeps an offset beyond 32 bits', async () => {
    const offset = 20 * 1024 ** 3;
    const found = await withUploads(crypto.randomUUID(), (uploads) => {
      uploads.store(PLACE, digestOf('a'), state(offset));
      return uploads.load(PLACE, digestOf('a'));
    });
    expect(found).toEqual(state(offset));
  });
  it('tells repositories and digests apart', async () => {
    const found = await withUploads(crypto.randomUUID(), (uploads) => {
      uploads.store(PLACE, digestOf('a'), state(1));
      uploads.store('b.test/x', digestOf('a'), state(2));
      uploads.store(PLACE, digestOf('b'), state(3));
      uploads.store(PLACE, digestOf('b'));
      return [PLACE, 'b.test/x'].flatMap((place) =>
        ['a', 'b'].map((one) => uploads.load(place, digestOf(one))?.offset),
      );
    });
    expect(found).toEqual([1, undefined, 2, undefined]);
  });
});
