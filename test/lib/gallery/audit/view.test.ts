import { describe, expect, it } from 'vitest';
import { publishableAudit, publishIndex } from '../../../../src/lib/gallery/audit/publish.ts';
import { HttpError } from '../../../../src/lib/http-error.ts';
import { OciError } from '../../../../src/lib/oci/error.ts';
import { type AuditSetup, POLICY, publish, withAudit } from './setup.ts';

const HOST = 'quay.io';
const GALLERY = `
- {name: a, uri: "quay.io/a/b:latest-a"}
- {name: b, uri: "quay.io/a/b:latest-b"}
- {name: c, uri: "quay.io/a/b:latest-c"}
- {name: meta, capabilities: {default: a}}
`;

/** Two that verify, the older of them with a development image, and one that is not there. */
function withAudited(work: (setup: AuditSetup) => Promise<void>) {
  return withAudit(GALLERY, async (setup) => {
    const fake = setup.registryOf(HOST);
    await publish(fake, 'latest-a', { at: '2026-01-01T00:00:00Z' });
    await publish(fake, 'master-a');
    await publish(fake, 'latest-b');
    await setup.audit();
    await work(setup);
  });
}

describe('viewGallery', () => {
  it.each([
    [{ code: 'VERIFIED' }, ['a', 'b']],
    [{ code: 'IMAGE_NOT_FOUND' }, ['c']],
    [{ code: 'none' }, ['meta']],
    [{ installs: 'uri' }, ['a', 'b']],
    [{ installs: 'none' }, ['c']],
    [{ name: 'MET' }, ['meta']],
    [{ code: 'VERIFIED', name: 'b' }, ['b']],
  ])('filters by %j', (query, names) =>
    withAudited(async ({ view }) => {
      const { entries, matching } = view(query);
      expect([entries.map(({ name }) => name), matching]).toEqual([names, names.length]);
    }),
  );

  it('keeps the order of the file, or begins with what clients replace and what fails', () =>
    withAudited(async ({ view, registryOf, audit }) => {
      registryOf(HOST).tags.delete('latest-b');
      await publish(registryOf(HOST), 'master-b');
      await audit();
      const names = (order: 'gallery' | 'attention') => view({ order }).entries.map(({ name }) => name);
      expect([names('gallery'), names('attention')]).toEqual([
        ['a', 'b', 'c', 'meta'],
        ['b', 'c', 'a', 'meta'],
      ]);
      expect(view({ order: 'attention', limit: 1, offset: 1 }).entries).toMatchObject([{ name: 'c' }]);
    }));

  it('gives a page, and says where the next begins', () =>
    withAudited(async ({ view }) => {
      expect(view({ limit: 3 })).toMatchObject({ entries: { length: 3 }, matching: 4, next_offset: 3 });
      expect(view({ limit: 3, offset: 3 })).toMatchObject({ entries: [{ name: 'meta' }], next_offset: null });
      expect(view({ limit: 0 })).toMatchObject({ entries: [], matching: 4, next_offset: null });
      expect(view({ limit: 3, offset: 9 })).toMatchObject({ entries: [], next_offset: null });
    }));

  it('says what a cut-off would break', () =>
    withAudited(async ({ view }) => {
      const { dry_run, totals, entries } = view({ not_before: '2026-03-01T00:00:00Z' });
      expect(dry_run).toMatchObject({
        changed: [
          {
            name: 'a',
            code: { from: 'VERIFIED', to: 'SIGNED_BEFORE_CUTOFF' },
            installs: [{ platform: 'linux/amd64', from: 'uri', to: 'branch' }],
          },
        ],
      });
      expect(totals).toMatchObject({ codes: { VERIFIED: 1, SIGNED_BEFORE_CUTOFF: 1 }, installs: { branch: 1 } });
      expect(entries[0]).toMatchObject({ code: 'SIGNED_BEFORE_CUTOFF' });
    }));

  it('shows only what a cut-off would change', () =>
    withAudited(async ({ view }) => {
      const { entries } = view({ not_before: '2026-03-01T00:00:00Z', changed: true });
      expect(entries.map(({ name }) => name)).toEqual(['a']);
    }));

  it('says what giving up a cut-off would mend', () =>
    withAudited(async ({ view }) => {
      const policy = { ...POLICY, policy: { ...POLICY.policy, not_before: '2026-03-01T00:00:00Z' } };
      expect(view({}, policy).totals.codes).toMatchObject({ SIGNED_BEFORE_CUTOFF: 1 });
      expect(view({ not_before: '2020-01-01T00:00:00Z' }, policy).dry_run?.changed.map(({ name }) => name)).toEqual([
        'a',
      ]);
    }));

  it('tells what differs from the audit before', () =>
    withAudited(async ({ view, audit, registryOf, source }) => {
      expect(view().differences).toBeNull();
      registryOf(HOST).tags.delete('latest-b');
      source.fetch = async () => new TextEncoder().encode(`${GALLERY}- {name: d}\n`);
      await audit();
      expect(view().differences).toMatchObject({
        added: ['d'],
        removed: [],
        changed: [{ name: 'b', code: { from: 'VERIFIED', to: 'IMAGE_NOT_FOUND' } }],
      });
      expect(view({ changed: true }).entries.map(({ name }) => name)).toEqual(['b']);
    }));

  it('keeps two audits, and drops what is older', () =>
    withAudited(async ({ audit, store }) => {
      for (let more = 0; more < 3; more += 1) await audit();
      expect(store.audits().map(({ id }) => id)).toEqual([4, 3]);
      expect([store.entries(2), store.entries(3).length]).toEqual([[], 4]);
    }));

  it('says that the policy has changed since', () =>
    withAudited(async ({ view }) => {
      const other = { ...POLICY, policy: { ...POLICY.policy, identity: 'other' } };
      expect(view({}, other).audit?.outdated).toBe(true);
    }));

  it('shows the last audit while the next is under way', () =>
    withAudited(async ({ view, store, run, clock, registryOf }) => {
      registryOf(HOST).errors.set('latest-a', new OciError('UNEXPECTED_STATUS', 'x'));
      store.begin(clock.now);
      await run(1);
      expect(view()).toMatchObject({
        audit: { state: 'finished' },
        running: { checked: 0 },
        entries: { 0: { code: 'VERIFIED' } },
      });
    }));
});

describe('publishIndex', () => {
  const publishNow = ({ store }: AuditSetup, policy = POLICY.policy) =>
    publishIndex(store, publishableAudit(store, policy), policy, 'omit');

  it('has what verified', () =>
    withAudited(async (setup) => {
      const text = publishNow(setup);
      expect(text).toContain(`uri: quay.io/a/b@${setup.registryOf(HOST).tags.get('latest-a')}`);
      expect(text).toContain('#   c: IMAGE_NOT_FOUND');
    }));

  it('applies the cut-off of today', () =>
    withAudited(async (setup) => {
      const text = publishNow(setup, { ...POLICY.policy, not_before: '2026-03-01T00:00:00Z' });
      expect(text).toContain('#   a: SIGNED_BEFORE_CUTOFF');
    }));

  it('is not emptied by a registry that is down', () =>
    withAudited(async (setup) => {
      const before = publishNow(setup);
      for (const tag of ['latest-a', 'latest-b', 'latest-c'])
        setup.registryOf(HOST).errors.set(tag, new HttpError('PEER_FAILED', 'x'));
      for (const _ of ['once', 'again', 'and again']) {
        await setup.audit();
        expect(setup.view().totals.codes).toEqual({ UNREADABLE: 3 });
        expect(publishNow(setup)).toBe(before);
      }
    }));

  it('keeps nothing of what it knew under another policy', () =>
    withAudited(async (setup) => {
      for (const tag of ['latest-a', 'latest-b', 'latest-c'])
        setup.registryOf(HOST).errors.set(tag, new HttpError('PEER_FAILED', 'x'));
      const policy = { ...POLICY.policy, identity: 'other' };
      Object.assign(setup.options, { policy: { ...POLICY, policy } });
      await setup.audit();
      expect(publishNow(setup, policy)).toContain('#   a: UNREADABLE');
    }));

  it('waits for an audit', () =>
    withAudit(GALLERY, async ({ store, clock, run }) => {
      expect(() => publishableAudit(store, POLICY.policy)).toThrow(expect.objectContaining({ code: 'AUDIT_PENDING' }));
      store.begin(clock.now);
      await run(1);
      expect(() => publishableAudit(store, POLICY.policy)).toThrow(expect.objectContaining({ code: 'AUDIT_PENDING' }));
    }));

  it('waits for an audit under the policy of today', () =>
    withAudited(async ({ store }) => {
      const other = { ...POLICY.policy, identity: 'other' };
      expect(() => publishableAudit(store, other)).toThrow(expect.objectContaining({ code: 'AUDIT_PENDING' }));
    }));
});
