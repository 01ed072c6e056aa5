import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CodedError } from '../../../src/lib/error.ts';
import { listCandidates } from '../../../src/lib/gallery/audit/candidates.ts';
import type { JudgedEntry } from '../../../src/lib/gallery/audit/evaluate.ts';
import { type GalleryEntry, parseGallery } from '../../../src/lib/gallery/audit/parse-gallery.ts';
import { buildVerifiedIndex } from '../../../src/lib/gallery/audit/verified-index.ts';
import { parseRegistryPath, rawPathOf } from '../../../src/lib/gallery/pull-through/path.ts';
import { parseRange } from '../../../src/lib/gallery/pull-through/range.ts';
import { anyJson, anyText, coded, slowTexts } from '../fuzz.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Paths near to those that are served. */
const anyPath = fc
  .tuple(
    fc.array(
      fc.constantFrom('q', 'a', 'A', '..', '.', '', '%2e%2e', '%2f', 'a%2fb', 'é', 'a_b', 'tags', 'manifests', '\\'),
    ),
    fc.constantFrom('manifests', 'blobs', 'referrers', 'tags', 'uploads', 'Manifests'),
    fc.oneof(
      anyText,
      fc.constantFrom('v1', DIGEST, DIGEST.replace(':', '%3A'), DIGEST.toUpperCase(), 'list', '..', '%2e'),
    ),
  )
  .map(([names, kind, reference]) => [...names, kind, reference].join('/'));

describe('parseRegistryPath', () => {
  it('gives nothing that another parser of URLs would read otherwise', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(anyPath, anyText), async (path) => {
        const parsed = await coded(() => parseRegistryPath(path));
        if (parsed instanceof CodedError) return;
        const reference = 'reference' in parsed ? parsed.reference : 'digest' in parsed ? parsed.digest : 'x';
        const written = `/v2/${parsed.name}/${reference}`;
        expect(new URL(written, 'http://localhost').pathname).toBe(written);
        expect(decodeURIComponent(written)).toBe(written);
      }),
      { numRuns: 2000 },
    ));

  it('is done with long paths at once', async () => {
    expect(await slowTexts(parseRegistryPath)).toEqual([]);
    expect(await slowTexts(rawPathOf)).toEqual([]);
  });
});

describe('parseRange', () => {
  it('gives a part of the blob, or none', () => {
    const bound = fc.oneof(
      fc.constant(''),
      fc.nat(30).map(String),
      fc.bigInt({ min: 0n }).map(String),
      fc.constant('-1'),
    );
    const header = fc.oneof(
      anyText,
      fc.tuple(bound, bound).map(([from, to]) => `bytes=${from}-${to}`),
    );
    fc.assert(
      fc.property(header, fc.nat(20), (text, size) => {
        const window = parseRange(text, size);
        if (window === undefined || window === 'unsatisfiable') return;
        expect(window.from).toBeGreaterThanOrEqual(0);
        expect(window.to).toBeGreaterThan(window.from);
        expect(window.to).toBeLessThanOrEqual(size);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('parseGallery', () => {
  const LINES = [
    '- name: a',
    '  uri: x',
    '- &x',
    '  y: *x',
    '  !!merge <<: *x',
    '- {name: b}',
    '? [a]',
    ': b',
    '--- ',
    '\t',
    '|',
    '"',
  ];

  it('takes any text, or refuses it with a code', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          anyText,
          fc.array(fc.constantFrom(...LINES)).map((lines) => lines.join('\n')),
        ),
        async (text) => {
          await coded(() => parseGallery(text));
        },
      ),
      { numRuns: 500 },
    ));

  it('gives entries whose references can be listed', () =>
    fc.assert(
      fc.asyncProperty(anyText, anyText, async (uri, mirror) => {
        const entries = await coded(() => parseGallery(JSON.stringify([{ name: 'a', uri, mirrors: [mirror] }])));
        if (!(entries instanceof CodedError)) entries.flatMap(listCandidates);
      }),
      { numRuns: 500 },
    ));
});

describe('buildVerifiedIndex', () => {
  it('passes on whatever else an entry has, also to readers of YAML 1.1', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), anyJson('icon', 'tags', 'yes'))), (rest) => {
        const entries = rest.map(([name, icon]) => ({ name, icon })) as unknown as GalleryEntry[];
        const judged = entries.map(({ name }): JudgedEntry => ({ name, code: null, references: [], platforms: [] }));
        const written = JSON.parse(JSON.stringify(entries));
        const yaml = buildVerifiedIndex(entries, judged, 'omit');
        expect(parse(yaml)).toEqual(written);
        expect(parse(yaml, { version: '1.1' })).toEqual(written);
      }),
      { numRuns: 300 },
    ));
});
