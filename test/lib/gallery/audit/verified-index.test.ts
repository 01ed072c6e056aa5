import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { AuditCode, JudgedEntry } from '../../../../src/lib/gallery/audit/evaluate.ts';
import { type GalleryEntry, parseGallery } from '../../../../src/lib/gallery/audit/parse-gallery.ts';
import { buildVerifiedIndex, type OnFailure } from '../../../../src/lib/gallery/audit/verified-index.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;

/** What an audit says of an entry with a URI. */
function judge(
  { name, uri }: GalleryEntry,
  code: AuditCode = 'VERIFIED',
  more: object = { held_by: 't' },
): JudgedEntry {
  if (!uri) return { name, code: null, references: [], platforms: [] };
  const ref = uri.replace('oci://', '');
  return { name, code, references: [{ role: 'uri', uri, ref, code, digest: DIGEST, ...more }], platforms: [] };
}

function build(yaml: string, codes: Record<string, AuditCode> = {}, onFailure: OnFailure = 'omit', more?: object) {
  const entries = parseGallery(yaml);
  const text = buildVerifiedIndex(
    entries,
    entries.map((entry) => judge(entry, codes[entry.name], more)),
    onFailure,
  );
  return { text, entries: parse(text) as GalleryEntry[] };
}

const GALLERY = `
- &meta
  name: meta
  icon: i
  capabilities: {default: cpu, nvidia: cuda}
- !!merge <<: *meta
  name: cpu
  uri: quay.io/a/b:latest-cpu
  mirrors: [a/b:latest-cpu]
- !!merge <<: *meta
  name: cuda
  uri: quay.io/a/b:latest-cuda
  mirrors: [a/b:latest-cuda]
`;

describe('buildVerifiedIndex', () => {
  it('names what verified by its digest, and mirrors with their host', () => {
    const [meta, cpu] = build(GALLERY).entries;
    expect(meta).toEqual({ name: 'meta', icon: 'i', capabilities: { default: 'cpu', nvidia: 'cuda' } });
    expect(cpu).toEqual({
      name: 'cpu',
      icon: 'i',
      capabilities: { default: 'cpu', nvidia: 'cuda' },
      uri: `quay.io/a/b@${DIGEST}`,
      mirrors: ['docker.io/a/b:latest-cpu'],
    });
  });

  describe('when a mirror has an image that does not verify', () => {
    const reference = { role: 'mirror' as const, uri: 'a/b:latest-cpu', digest: DIGEST };
    const withMirror = (onFailure: OnFailure, mirror: object) => {
      const entries = parseGallery(GALLERY);
      const judged = entries.map((entry) => {
        const one = judge(entry);
        const references = [...one.references, { ...reference, code: 'UNREACHABLE_BY_CLIENT' as const, ...mirror }];
        return entry.name === 'cpu' ? { ...one, references } : one;
      });
      const text = buildVerifiedIndex(entries, judged, onFailure);
      return { text, mirrors: (parse(text) as GalleryEntry[])[1]?.mirrors };
    };

    it('leaves the mirror out, and says so', () => {
      const { text, mirrors } = withMirror('omit', { image_code: 'SIGNATURE_MISSING' });
      expect(mirrors).toEqual([]);
      expect(text).toContain(
        '# These mirrors do not, and were left out:\n#   cpu: a/b:latest-cpu: SIGNATURE_MISSING\n',
      );
    });

    it.each([
      ['that verifies', 'omit', { image_code: 'VERIFIED' }],
      ['without an image', 'omit', { image_code: 'IMAGE_NOT_FOUND', digest: undefined }],
      ['that could not be read', 'omit', { image_code: 'UNREADABLE', digest: undefined }],
      ['where failures are only marked', 'mark', { image_code: 'SIGNATURE_MISSING' }],
    ] as const)('keeps one %s', (_, onFailure, mirror) => {
      expect(withMirror(onFailure, mirror).mirrors).toEqual(['docker.io/a/b:latest-cpu']);
    });
  });

  it('keeps the scheme', () => {
    expect(build('- {name: a, uri: "oci://quay.io/a/b:t"}').entries[0]?.uri).toBe(`oci://quay.io/a/b@${DIGEST}`);
  });

  it('keeps the tag where only a branch holds the digest', () => {
    expect(build(GALLERY, {}, 'omit', {}).entries[1]?.uri).toBe('quay.io/a/b:latest-cpu');
  });

  it('keeps a digest that is there already', () => {
    const uri = `quay.io/a/b@sha256:${'b'.repeat(64)}`;
    expect(build(`- {name: a, uri: "${uri}"}`).entries[0]?.uri).toBe(uri);
  });

  it.each([
    ['a/b:t', { held_by: 't' }, `docker.io/a/b@${DIGEST}`],
    ['a/b:t', {}, 'docker.io/a/b:t'],
    ['registry.test/a/b:t', { held_by: 't' }, `oci://registry.test/a/b@${DIGEST}`],
    ['registry.test/a/b:t', {}, 'oci://registry.test/a/b:t'],
  ])('writes %s, which verifies and is no image to a client, as one', (uri, more, written) => {
    const entries = parseGallery(`- {name: a, uri: "${uri}", mirrors: ["${uri}"]}`);
    const ref = uri.startsWith('registry.test') ? uri : `docker.io/${uri}`;
    const own = { role: 'uri' as const, uri, ref, digest: DIGEST, image_code: 'VERIFIED' as const, ...more };
    const code = 'UNREACHABLE_BY_CLIENT' as const;
    const judged = [{ name: 'a', code, references: [{ ...own, code }], platforms: [] }];
    const [entry] = parse(buildVerifiedIndex(entries, judged, 'omit')) as GalleryEntry[];
    expect(entry).toMatchObject({ uri: written, mirrors: [uri.startsWith('r') ? `oci://${uri}` : `docker.io/${uri}`] });
  });

  it('leaves out what is no image to a client and does not verify either', () => {
    const entries = parseGallery('- {name: a, uri: "a/b:t"}');
    const code = 'UNREACHABLE_BY_CLIENT' as const;
    const own = {
      role: 'uri' as const,
      uri: 'a/b:t',
      ref: 'docker.io/a/b:t',
      code,
      image_code: 'SIGNATURE_MISSING' as const,
    };
    const text = buildVerifiedIndex(entries, [{ name: 'a', code, references: [own], platforms: [] }], 'omit');
    expect(text).toContain('#   a: SIGNATURE_MISSING');
  });

  it('writes no anchors', () => {
    expect(build(GALLERY).text).not.toMatch(/[&*]\w|<</);
  });

  it.each(['yes', 'off', 'N', '12:30', '0b11', '1_000', 'null', '1.0', '~'])('keeps the text %s a text', (text) => {
    const { text: yaml } = build(`- {name: a, uri: "quay.io/a/b:t", license: "${text}"}`);
    expect((parse(yaml, { version: '1.1' }) as { license: unknown }[])[0]?.license).toBe(text);
  });

  it('is the same for the same', () => {
    expect(build(GALLERY).text).toBe(build(GALLERY).text);
  });

  describe('when an entry does not verify', () => {
    const omitted = build(GALLERY, { cuda: 'SIGNATURE_MISSING' });

    it('leaves it out', () => {
      expect(omitted.entries.map(({ name }) => name)).toEqual(['meta', 'cpu']);
    });

    it('removes the capabilities that name it, wherever they are', () => {
      expect(omitted.entries.map(({ capabilities }) => capabilities)).toEqual([{ default: 'cpu' }, { default: 'cpu' }]);
    });

    it('says so in front', () => {
      expect(omitted.text.split('\n- ')[0]).toBe(
        [
          '# The images of this gallery that verify under its policy, by digest.',
          '# These do not:',
          '#   cuda: SIGNATURE_MISSING',
          '# These capabilities pointed to an entry that was left out:',
          '#   meta: nvidia: cuda',
          '#   cpu: nvidia: cuda',
          '',
        ].join('\n'),
      );
    });

    it('marks it, by option, and removes nothing', () => {
      const { entries } = build(GALLERY, { cuda: 'SIGNATURE_MISSING' }, 'mark', { detail: 'none' });
      expect(entries[2]).toMatchObject({
        uri: 'quay.io/a/b:latest-cuda',
        capabilities: { nvidia: 'cuda' },
        muster: { verified: false, code: 'SIGNATURE_MISSING', detail: 'none' },
      });
    });

    it('leaves out what only pointed to it', () => {
      const { entries, text } = build(GALLERY, { cpu: 'SIGNATURE_MISSING', cuda: 'IMAGE_NOT_FOUND' });
      expect(entries).toEqual([]);
      expect(text).toContain('#   meta: all that it points to');
    });

    it('keeps capabilities whose name another entry still has', () => {
      const yaml = `${GALLERY}- {name: cuda, uri: "quay.io/a/b:other"}\n`;
      const entries = parseGallery(yaml);
      const judged = entries.map((entry) =>
        judge(entry, entry.uri?.endsWith('-cuda') ? 'SIGNATURE_MISSING' : 'VERIFIED'),
      );
      const [meta] = parse(buildVerifiedIndex(entries, judged, 'omit')) as GalleryEntry[];
      expect(meta?.capabilities).toEqual({ default: 'cpu', nvidia: 'cuda' });
    });

    it('lets no name out of the comment', () => {
      const { text } = build('- {name: "x\\n- name: evil", uri: "quay.io/a/b:t"}', {
        'x\n- name: evil': 'SIGNATURE_MISSING',
      });
      expect(parse(text)).toEqual([]);
    });
  });
});
