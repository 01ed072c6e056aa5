import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startAudits } from '../../../../src/lib/gallery/audit/schedule.ts';
import { EVERYTHING, type View } from './setup.ts';

const URL_OF = (name: string) => `https://gallery.test/${name}.yaml`;
const HOUR_MS = 3_600_000;
const FILE = '- {name: a, uri: "quay.io/a/b:t"}\n';
const NAMES = ['audited', 'asked', 'due', 'changed', 'broken', 'absent'];

// What the configuration of these tests has besides: before anything reads it.
Object.assign(env.MUSTER as object, {
  galleries: NAMES.slice(0, 5).map((name) => ({ name, url: URL_OF(name), policy: 'localai' })),
});

const stubOf = (name: string) => env.GALLERIES.getByName(name);
const viewOf = async (name: string) => {
  const outcome = await stubOf(name).view(name, EVERYTHING);
  return (outcome.ok ? outcome.value : {}) as View;
};

/** Runs the alarms until none is set. */
async function runAlarms(name: string): Promise<number> {
  let alarms = 0;
  while (await runDurableObjectAlarm(stubOf(name))) alarms += 1;
  return alarms;
}

beforeAll(() => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    const url = String(input);
    if (url === URL_OF('broken')) return new Response('{{{');
    return url.startsWith('https://gallery.test/') ? new Response(FILE) : new Response(null, { status: 404 });
  });
});
// What is still to be done is done while nobody is really asked.
afterAll(async () => {
  for (const name of NAMES) await runAlarms(name);
  vi.restoreAllMocks();
});

describe('GalleryObject', () => {
  it('audits by its alarm alone', async () => {
    expect(await stubOf('audited').start('audited', HOUR_MS)).toEqual({ state: 'started' });
    expect(await runAlarms('audited')).toBe(2);
    expect(await viewOf('audited')).toMatchObject({
      audit: { state: 'finished', checked: 1 },
      entries: [{ name: 'a', code: 'IMAGE_NOT_FOUND' }],
    });
  });

  it('begins one audit at a time, and not too often', async () => {
    expect(await stubOf('asked').start('asked', HOUR_MS)).toEqual({ state: 'started' });
    expect(await stubOf('asked').start('asked', HOUR_MS)).toEqual({ state: 'running' });
    await runAlarms('asked');
    expect(await stubOf('asked').start('asked', HOUR_MS)).toMatchObject({ state: 'too_soon' });
    expect(await stubOf('asked').start('asked', 0)).toEqual({ state: 'started' });
  });

  describe('when the policy has changed since the last audit', () => {
    const DAY_MS = 24 * HOUR_MS;
    /** Has the last audit begun some time ago, under another policy. */
    const age = (ms: number) =>
      runInDurableObject(stubOf('changed'), (_, { storage }) =>
        storage.sql.exec("UPDATE audits SET policy_basis = 'other', started_at = ?", Date.now() - ms),
      );

    it('begins the next one after an hour, not after a day', async () => {
      await stubOf('changed').start('changed', DAY_MS);
      await runAlarms('changed');
      await age(HOUR_MS - 60_000);
      expect(await stubOf('changed').start('changed', DAY_MS)).toMatchObject({ state: 'too_soon' });
      await age(HOUR_MS);
      expect(await stubOf('changed').start('changed', DAY_MS)).toEqual({ state: 'started' });
      await runAlarms('changed');
      expect(await stubOf('changed').start('changed', DAY_MS)).toMatchObject({ state: 'too_soon' });
    });
  });

  it('says what is wrong with the file', async () => {
    await stubOf('broken').start('broken', HOUR_MS);
    await runAlarms('broken');
    expect(await viewOf('broken')).toMatchObject({ audit: null, problem: { code: 'GALLERY_INVALID' } });
    expect(await stubOf('broken').index('broken')).toMatchObject({ ok: false, code: 'AUDIT_PENDING' });
  });

  it('ends for a gallery that is configured no longer', async () => {
    await stubOf('absent').start('absent', HOUR_MS);
    expect(await runAlarms('absent')).toBe(1);
    expect(await stubOf('absent').view('absent', EVERYTHING)).toMatchObject({ ok: false, code: 'GALLERY_UNAVAILABLE' });
  });
});

describe('startAudits', () => {
  it('starts those that are due', async () => {
    expect(await startAudits(env)).toMatchObject({ due: 'started', audited: 'too_soon' });
  });
});
