import { describe, expect, it } from 'vitest';
import { AuditError } from '../../../../src/lib/gallery/audit/error.ts';
import { GalleryError } from '../../../../src/lib/gallery/error.ts';
import { HttpError } from '../../../../src/lib/http-error.ts';
import { OciError } from '../../../../src/lib/oci/error.ts';
import type { FakeRepository } from '../fake-repository.ts';
import { POLICY, publish, START, withAudit } from './setup.ts';

const HOST = 'quay.io';
const one = (name: string, more = '') => `- {name: ${name}, uri: "quay.io/a/b:${name}"${more}}\n`;

describe('stepAudit', () => {
  it('finds what each entry is', () =>
    withAudit(
      `${one('good')}${one('bare')}${one('gone')}${one('old')}- {name: meta, capabilities: {default: good}}\n`,
      async ({ registryOf, audit, view }) => {
        const fake = registryOf(HOST);
        await publish(fake, 'good');
        await publish(fake, 'bare', null);
        await publish(fake, 'old', { at: '2020-01-01T00:00:00Z' });
        await audit();
        const { audit: found, entries, totals } = view();
        expect(found).toMatchObject({ state: 'finished', checked: 4, total: 4, outdated: false });
        expect(entries.map(({ name, code }) => `${name} ${code}`)).toEqual([
          'good VERIFIED',
          'bare SIGNATURE_MISSING',
          'gone IMAGE_NOT_FOUND',
          'old VERIFIED',
          'meta null',
        ]);
        expect(totals).toMatchObject({ codes: { VERIFIED: 2 }, installs: { uri: 2, none: 2 } });
      },
    ));

  it('tells the age of a signature', () =>
    withAudit(one('good'), async ({ registryOf, audit, view }) => {
      await publish(registryOf(HOST), 'good', { at: '2026-10-01T00:00:00Z' });
      await audit();
      expect(view().entries[0]?.references[0]).toMatchObject({ signed_at: '2026-10-01T00:00:00.000Z', age_days: 31 });
    }));

  it('looks at every reference that a client would try, once', () =>
    withAudit(one('latest-x', ', mirrors: ["m/b:latest-x"]') + one('latest-x'), async ({ registryOf, audit, view }) => {
      await publish(registryOf(HOST), 'master-x');
      await publish(registryOf('docker.io'), 'latest-x');
      await audit();
      expect(view().audit).toMatchObject({ total: 4 });
      expect(view().entries[0]).toMatchObject({
        code: 'IMAGE_NOT_FOUND',
        references: [
          { role: 'uri', code: 'IMAGE_NOT_FOUND' },
          { role: 'mirror', code: 'UNREACHABLE_BY_CLIENT', image_code: 'VERIFIED' },
          { role: 'branch', code: 'VERIFIED' },
          { role: 'development', code: 'IMAGE_NOT_FOUND' },
        ],
        platforms: [{ platform: 'linux/amd64', installs: 'branch', uri: 'quay.io/a/b:master-x' }],
      });
    }));

  it('pulls what two registries share once', () =>
    withAudit(one('x', ', mirrors: ["m.test/a/b:x"]'), async ({ registryOf, audit, view }) => {
      await publish(registryOf(HOST), 'x');
      await publish(registryOf('m.test'), 'x');
      await audit();
      const pulled = (host: string) => registryOf(host).calls.filter((call) => /^(GET|BLOB)/.test(call)).length;
      expect(pulled(HOST) + pulled('m.test')).toBe(4);
      expect(view().entries[0]?.references[1]).toMatchObject({ image_code: 'VERIFIED' });
    }));

  it('finds a tag that holds what a branch tag names', () =>
    withAudit(one('master-x'), async ({ registryOf, audit, view, options }) => {
      const { digest } = await publish(registryOf(HOST), 'master-x');
      registryOf(HOST).tags.set('sha-860c190-x', digest);
      const { verify } = options;
      Object.assign(options, {
        verify: (asked: never) => ({
          ...verify?.(asked),
          signer: { issuer: 'i', identity: 's', source_digest: '860c190ff' },
        }),
      });
      await audit();
      expect(view().entries[0]?.references[0]).toMatchObject({ held_by: 'sha-860c190-x' });
    }));

  it('leaves registries alone that are not configured', () =>
    withAudit('- {name: x, uri: "oci://evil.test/a/b:x"}', async ({ audit, view, opened }) => {
      await audit();
      expect([view().entries[0]?.code, opened]).toEqual(['REGISTRY_NOT_ALLOWED', []]);
    }));

  it.each([
    ['a private repository', new OciError('UNAUTHORIZED', 'x'), 'IMAGE_NOT_FOUND'],
    ['a confused manifest', new OciError('MANIFEST_INVALID', 'x'), 'IMAGE_INVALID'],
    ['wrong bytes', new OciError('DIGEST_MISMATCH', 'x'), 'IMAGE_INVALID'],
    ['a strange answer', new OciError('UNEXPECTED_STATUS', 'x'), 'UNREADABLE'],
    ['a registry that fails again and again', new HttpError('PEER_FAILED', 'x'), 'UNREADABLE'],
    ['a fault of ours', new Error('bug'), 'UNREADABLE'],
  ])('ends with %s too', (_, error, code) =>
    withAudit(one('x'), async ({ registryOf, audit, view }) => {
      registryOf(HOST).errors.set('x', error);
      await audit();
      expect(view().entries[0]?.code).toBe(code);
    }),
  );

  it('tries again what failed once', () =>
    withAudit(one('x'), async ({ registryOf, run, view, store, clock }) => {
      await publish(registryOf(HOST), 'x');
      registryOf(HOST).errors.set('x', new HttpError('PEER_TIMEOUT', 'slow'));
      store.begin(clock.now);
      await run(2);
      registryOf(HOST).errors.delete('x');
      await run();
      expect(view().entries[0]?.code).toBe('VERIFIED');
    }));

  it.each([
    ['asks for patience', new HttpError('PEER_BUSY', 'x', { retryAfterMs: 90_000 })],
    ['has given what we may ask of it', new GalleryError('BUDGET_EXHAUSTED', 'x', { retryAfterMs: 90_000 })],
  ])('leaves a registry alone that %s, and goes on with the others', (_, error) =>
    withAudit(
      `${one('x')}${one('y')}- {name: z, uri: "oci://m.test/a/b:z"}`,
      async ({ registryOf, store, run, clock, view }) => {
        for (const [host, tag] of [
          [HOST, 'x'],
          [HOST, 'y'],
          ['m.test', 'z'],
        ] as const)
          await publish(registryOf(host), tag);
        for (const tag of ['x', 'y']) registryOf(HOST).errors.set(tag, error);
        store.begin(clock.now);
        await run(2);
        expect([view().running, clock.now - START]).toEqual([
          expect.objectContaining({ checked: 1, total: 3 }),
          90_000,
        ]);
        registryOf(HOST).errors.clear();
        await run();
        expect(view().totals.codes).toEqual({ VERIFIED: 3 });
      },
    ),
  );

  it('gives up a registry that never answers, before every reference was tried four times', () =>
    withAudit(
      Array.from({ length: 50 }, (_, index) => one(`x${index}`)).join(''),
      async ({ registryOf, audit, view }) => {
        for (let index = 0; index < 50; index += 1)
          registryOf(HOST).errors.set(`x${index}`, new HttpError('PEER_UNREACHABLE', 'x'));
        await audit();
        expect(view().totals.codes).toEqual({ UNREADABLE: 50 });
        expect(registryOf(HOST).calls.length).toBeLessThan(50);
      },
    ));

  it('ends after a day with what it has', () =>
    withAudit(one('x') + one('y'), async ({ registryOf, store, run, clock, view }) => {
      await publish(registryOf(HOST), 'x');
      registryOf(HOST).errors.set('y', new HttpError('PEER_BUSY', 'x', { retryAfterMs: 6 * 3_600_000 }));
      store.begin(clock.now);
      await run();
      expect(view().entries.map(({ code }) => code)).toEqual(['VERIFIED', 'UNREADABLE']);
    }));

  it('goes on where it was killed', () =>
    withAudit(
      Array.from({ length: 400 }, (_, index) => one(`x${index}`)).join(''),
      async ({ registryOf, store, run, clock, view }) => {
        store.begin(clock.now);
        await run(2);
        expect(view().running).toMatchObject({ checked: 150, total: 400 });
        registryOf(HOST).calls.length = 0;
        await run();
        expect(view().audit).toMatchObject({ state: 'finished', checked: 400 });
        expect(registryOf(HOST).calls).toHaveLength(250);
      },
    ));

  describe('when the policy changes in the middle', () => {
    const pinned = { ...POLICY, policy: { ...POLICY.policy, source_repository_id: '1' } };
    const many = Array.from({ length: 160 }, (_, index) => one(`x${index}`)).join('');
    const publishAll = async (fake: FakeRepository) => {
      const { digest } = await publish(fake, 'x0', { unpinned: true });
      for (let index = 1; index < 160; index += 1) fake.tags.set(`x${index}`, digest);
    };

    it('begins again, and keeps nothing that was found before', () =>
      withAudit(many, async ({ registryOf, store, run, clock, view, options }) => {
        await publishAll(registryOf(HOST));
        store.begin(clock.now);
        await run(2);
        expect(view().running).toMatchObject({ checked: 150 });
        Object.assign(options, { policy: pinned });
        await run();
        expect(view({}, pinned)).toMatchObject({
          audit: { state: 'finished', checked: 160, outdated: false },
          totals: { codes: { IDENTITY_MISMATCH: 160 } },
        });
        expect(view({}, pinned).totals.codes).not.toHaveProperty('VERIFIED');
      }));

    it('keeps nothing that was found meanwhile where it changes back', () =>
      withAudit(many, async ({ registryOf, store, run, clock, view, options }) => {
        await publishAll(registryOf(HOST));
        store.begin(clock.now);
        await run(1);
        Object.assign(options, { policy: pinned });
        await run(3);
        expect(view().running).toMatchObject({ checked: 150 });
        Object.assign(options, { policy: POLICY });
        await run();
        expect(view().totals.codes).toEqual({ VERIFIED: 160 });
        expect(view().audit).toMatchObject({ outdated: false });
      }));

    it('has a whole day again', () =>
      withAudit(one('x'), async ({ registryOf, store, run, clock, view, options }) => {
        await publish(registryOf(HOST), 'x');
        store.begin(clock.now);
        await run(1);
        clock.now += 25 * 3_600_000;
        Object.assign(options, { policy: { ...POLICY, policy: { ...POLICY.policy, identity: 'other' } } });
        await run();
        expect(view().totals.codes).toEqual({ VERIFIED: 1 });
      }));
  });

  describe('when the gallery cannot be used', () => {
    it.each([
      ['is not YAML', '{{{', 'GALLERY_INVALID'],
      ['is an alias bomb', '- &a {name: x, y: *a}', 'GALLERY_INVALID'],
    ])('says so where it %s, and keeps the last good audit', (_, yaml, code) =>
      withAudit(one('x'), async ({ registryOf, audit, view, source }) => {
        await publish(registryOf(HOST), 'x');
        await audit();
        source.fetch = async () => new TextEncoder().encode(yaml);
        await audit();
        expect(view()).toMatchObject({
          problem: { code },
          audit: { state: 'finished' },
          entries: [{ code: 'VERIFIED' }],
        });
      }),
    );

    it('says at once that it is too large', () =>
      withAudit(one('x'), async ({ audit, view, source }) => {
        source.fetch = async () => {
          throw new AuditError('GALLERY_TOO_LARGE', 'x');
        };
        expect(await audit()).toBe(1);
        expect(view()).toMatchObject({ problem: { code: 'GALLERY_TOO_LARGE' }, audit: null, entries: [] });
      }));

    it('tries four times where it cannot be had', () =>
      withAudit(one('x'), async ({ audit, view, source }) => {
        source.fetch = async () => {
          throw new AuditError('GALLERY_UNAVAILABLE', 'x');
        };
        expect(await audit()).toBe(4);
        expect(view().problem).toMatchObject({ code: 'GALLERY_UNAVAILABLE' });
      }));

    it('does not parse for ever what kills the parser', () =>
      withAudit(one('x'), async ({ run, store, clock, view, source }) => {
        source.fetch = () => Promise.reject(new Error('killed'));
        store.begin(clock.now);
        for (let kill = 0; kill < 4; kill += 1) await run(1).catch(() => undefined);
        await run(1);
        expect(view().problem).toMatchObject({ code: 'GALLERY_INVALID' });
      }));
  });
});
