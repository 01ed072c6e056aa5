import { describe, expect, it } from 'vitest';
import { nextPage } from '../../../src/lib/oci/link.ts';

const PAGE = new URL('https://registry.test/v2/a/tags/list?n=2');
const next = (header: string | null) => nextPage(header, PAGE)?.href;

describe('nextPage', () => {
  it('resolves a relative target', () =>
    expect(next('</v2/a/tags/list?n=2&last=b>; rel="next"')).toBe('https://registry.test/v2/a/tags/list?n=2&last=b'));
  it('takes a target with a comma whole', () => expect(next('<?last=a,b>; rel=next')).toContain('last=a,b'));
  it('reads the relation without quotes', () => expect(next('<?last=b>;rel=next')).toContain('last=b'));
  it('reads the relation in any case', () => expect(next('<?last=b>; REL="Next"')).toContain('last=b'));
  it('finds the relation among others', () => expect(next('<?last=b>; rel="last next"')).toContain('last=b'));
  it('finds the relation after other parameters', () =>
    expect(next('<?last=b>; title="a, b; rel=prev"; rel="next"')).toContain('last=b'));
  it('finds the link among others', () => expect(next('<?x>; rel="prev", <?last=b>; rel="next"')).toContain('last=b'));

  it('finds none without a header', () => expect(next(null)).toBeUndefined());
  it.each([
    '<?last=b>; rel="prev"',
    '<?last=b>; rel="nextish"',
    '<?last=b>; rel=next-archive',
    '<?last=b>; title="rel=next"',
    '<?last=b>',
    'rel="next"',
    '<?last=b; rel="next"',
  ])('finds none in %s', (header) => expect(next(header)).toBeUndefined());

  it.each([
    ['another host', '<https://evil.test/v2/>; rel="next"'],
    ['another scheme', '<http://registry.test/v2/>; rel="next"'],
    ['another port', '<https://registry.test:444/v2/>; rel="next"'],
    ['a host that only begins alike', '<https://registry.test.evil/v2/>; rel="next"'],
    ['the same page', '</v2/a/tags/list?n=2>; rel="next"'],
    ['no URL', '<https://[>; rel="next"'],
  ])('refuses %s', (_, header) =>
    expect(() => next(header)).toThrow(expect.objectContaining({ code: 'LINK_INVALID' })),
  );
});
