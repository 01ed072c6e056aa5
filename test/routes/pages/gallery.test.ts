import { describe, expect, it } from 'vitest';
import { type GalleryAnswer, type GalleryQuestion, galleryPage } from '../../../src/routes/pages/gallery.tsx';
import { textOf } from './setup.ts';

type Entry = GalleryAnswer['entries'][number];

function makeEntry(name: string, changes: Partial<Entry> = {}): Entry {
  return {
    name,
    code: 'VERIFIED',
    references: [
      { role: 'uri', uri: `quay.io/a/b:latest-${name}`, code: 'VERIFIED', digest: 'sha256:ab', age_days: 3 },
    ],
    platforms: [
      { platform: 'linux/amd64', installs: 'uri' },
      { platform: 'linux/arm64', installs: 'uri' },
    ],
    ...changes,
  };
}

function makeGallery(changes: Partial<GalleryAnswer> = {}): GalleryAnswer {
  const at = '2026-11-26T10:00:00.000Z';
  return {
    gallery: 'g',
    url: 'https://gallery.test/index.yaml',
    policy: { name: 'p', etag: 'e', loose: false, not_before: null },
    audit: { state: 'finished', started_at: at, finished_at: at, checked: 2, total: 2, outdated: false },
    running: null,
    problem: null,
    totals: { entries: 2, images: 2, codes: { VERIFIED: 1, SIGNATURE_MISSING: 1 }, installs: { uri: 2, branch: 1 } },
    differences: null,
    matching: 2,
    entries: [makeEntry('one'), makeEntry('two', { code: 'SIGNATURE_MISSING' })],
    next_offset: null,
    ...changes,
  };
}

const pageOf = (changes: Partial<GalleryAnswer> = {}) => galleryPage({ gallery: makeGallery(changes), question: {} });

function show(changes: Partial<GalleryAnswer> = {}, question: GalleryQuestion = {}) {
  const html = `<main>${galleryPage({ gallery: makeGallery(changes), question }).body}</main>`;
  return { html, text: textOf(html) };
}

describe('the page of a gallery', () => {
  it('says first how many verify, and what would surprise', () => {
    expect(show().text).toContain(
      '1 of 2 images verify. In 1 case a client would silently end with a branch’s or a development image.',
    );
  });
  it('says so before the first audit', () => {
    const totals = { entries: 0, images: 0, codes: {}, installs: {} };
    expect(show({ audit: null, totals, entries: [], matching: 0 }).text).toContain('It has not been audited yet');
  });
  it('says how far an audit is', () => {
    const running = { started_at: '2026-11-26T10:00:00.000Z', checked: 3, total: 9 };
    expect(show({ running }).text).toContain('3 of 9 looked at');
  });
  it('is asked for again only while an audit is under way', () => {
    const running = { started_at: '2026-11-26T10:00:00.000Z', checked: 3, total: 9 };
    expect([pageOf().pollS, pageOf({ running }).pollS]).toEqual([undefined, 5]);
  });
  it('says that the last one failed', () => {
    const problem = { code: 'GALLERY_INVALID', detail: 'it is no list', at: null };
    expect(show({ problem }).text).toContain('The last audit failed; what is shown is the one before.');
  });
  it('tells what a client would install, where that is something else', () => {
    const platforms: Entry['platforms'] = [
      { platform: 'linux/amd64', installs: 'development', uri: 'quay.io/a/b:master-x-development' },
    ];
    expect(show({ entries: [makeEntry('x', { platforms })] }).text).toContain(
      'linux/amd64: a development image instead',
    );
  });
  it('unfolds what each reference is', () => {
    expect(show().text).toContain('Its URI: signed as the policy demands (VERIFIED), signed 3 days ago');
  });
  it('says what the image is that a client does not reach', () => {
    const references: Entry['references'] = [
      { role: 'mirror', uri: 'a/b:c', code: 'UNREACHABLE_BY_CLIENT', image_code: 'SIGNATURE_MISSING' },
    ];
    expect(show({ entries: [makeEntry('x', { references })] }).text).toContain(
      'Mirror: clients do not take it for an image (UNREACHABLE_BY_CLIENT); its image: nobody has signed it (SIGNATURE_MISSING)',
    );
  });
  it('names the platforms whose images do not verify', () => {
    const platforms = [
      ['linux/amd64', 'VERIFIED'],
      ['linux/arm64', 'SIGNATURE_MISSING'],
      ['linux/s390x', 'SIGNATURE_MISSING'],
    ].map(([platform = '', code = '']) => ({ platform, code, localai: code, digest: 'sha256:ab' }));
    const references: Entry['references'] = [{ role: 'uri', uri: 'a/b:c', code: 'SIGNATURE_MISSING', platforms }];
    const { text } = show({ entries: [makeEntry('x', { references })] });
    expect(text).toContain('linux/arm64 and linux/s390x: nobody has signed it (SIGNATURE_MISSING)');
    expect(text).not.toContain('linux/amd64: signed');
  });
  it('links what would surprise to the entries with which it happens', () => {
    expect(show().html).toContain('<a href="/galleries/g?installs=branch">a branch’s</a> or a development image.');
  });
  it('says what its totals count', () => {
    expect(show().text).toContain('What a strict client would install, per platform 3 in all');
  });
  it('filters by each total, and back', () => {
    expect(show().html).toContain('href="/galleries/g?code=SIGNATURE_MISSING"');
    expect(show({}, { code: 'VERIFIED', offset: '100', name: 'x' }).html).toContain('href="/galleries/g?name=x"');
  });
  it('has pages that keep the filter', () => {
    const { html } = show({ next_offset: 200 }, { code: 'VERIFIED', offset: '100' });
    expect(html).toMatch(/rel="prev" href="\/galleries\/g\?code=VERIFIED&amp;offset=0"/);
    expect(html).toMatch(/rel="next" href="\/galleries\/g\?code=VERIFIED&amp;offset=200"/);
  });
  it('says what a cut-off would break', () => {
    const dry_run = { not_before: '2026-12-01', added: [], removed: [], changed: [{ name: 'one', uri: 'u' }] };
    expect(show({ dry_run }).text).toContain('A cut-off at 2026-12-01 would change 1 entry.');
  });
  it('tells entries of one name apart', () => {
    const { html } = show({ entries: [makeEntry('x'), makeEntry('y'), makeEntry('x')] });
    const ids = [...html.matchAll(/<details[^>]* id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['entry-0-x', 'entry-0-y', 'entry-1-x']);
  });
  it('escapes what the gallery says', () => {
    const evil = '<script>alert(1)</script>';
    const references: Entry['references'] = [
      { role: 'uri', uri: evil, code: 'NOT_AN_IMAGE', detail: evil, held_by: evil },
    ];
    const { html } = show({ entries: [makeEntry(evil, { references })] }, { name: evil });
    expect(html).not.toContain('<script');
  });
});
