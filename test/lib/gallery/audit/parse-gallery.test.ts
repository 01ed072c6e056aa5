import { describe, expect, it } from 'vitest';
import { listCandidates } from '../../../../src/lib/gallery/audit/candidates.ts';
import { parseGallery } from '../../../../src/lib/gallery/audit/parse-gallery.ts';
import gallery from '../../../fixtures/localai-gallery/index.yaml?raw';

function problemOf(yaml: string): string {
  try {
    parseGallery(yaml);
    return 'none';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
}

/** Anchors that each stand for nine of the one before. */
function bomb(levels: number): string {
  const line = (level: number) =>
    `- &a${level} {name: x, l: [${Array(9)
      .fill(`*a${level - 1}`)
      .join(', ')}]}`;
  return ['- &a0 {name: x}', ...Array.from({ length: levels }, (_, level) => line(level + 1))].join('\n');
}

describe('parseGallery', () => {
  describe("when it is LocalAI's", () => {
    const entries = parseGallery(gallery);

    it('reads 1 033 entries, of which 893 have a URI', () => {
      expect([entries.length, entries.filter(({ uri }) => uri).length]).toEqual([1033, 893]);
    });

    it('gives 893 entries something to check', () => {
      expect(entries.filter((entry) => listCandidates(entry).length > 0)).toHaveLength(893);
    });
  });

  it('resolves anchors and merge keys', () => {
    expect(parseGallery('- &a\n  name: a\n  icon: i\n- !!merge <<: *a\n  name: b\n')).toEqual([
      { name: 'a', icon: 'i' },
      { name: 'b', icon: 'i' },
    ]);
  });

  it.each([
    ['what is not YAML', '{{{', 'not usable YAML'],
    ['what is no list', 'a: b', 'not a list'],
    ['nothing', '', 'not a list'],
    ['an entry without a name', '- uri: x', '0.name'],
    ['a URI that is no text', '- {name: a, uri: [1]}', '0.uri'],
    ['mirrors that are no list', '- {name: a, mirrors: x}', '0.mirrors'],
    ['a repeated key', '- {name: a, name: b}', 'the key "name" is repeated'],
    ['an alias to nothing', '- *x', 'aliases stand for too much'],
    ['an alias to what it stands in', '- &a {name: x, y: *a}', 'aliases stand for too much'],
    ['an alias bomb', bomb(12), 'aliases stand for too much'],
    ['two documents', '- {name: a}\n---\n- {name: b}', 'not usable YAML'],
    ['what nests without end', '['.repeat(200_000), 'not usable YAML'],
    ['more than 5 000 entries', '- {name: a}\n'.repeat(5001), 'not a list'],
  ])('refuses %s', (_, yaml, problem) => {
    expect(problemOf(yaml)).toContain('GALLERY_INVALID');
    expect(problemOf(yaml)).toContain(problem);
  });

  it('refuses a map that is merged too often, in time', () => {
    const map = `- &a\n  name: x\n${Array.from({ length: 40_000 }, (_, index) => `  k${index}: 1\n`).join('')}`;
    const before = performance.now();
    expect(problemOf(map + '- <<: *a\n'.repeat(2000))).toContain('aliases stand for too much');
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
