import { describe, expect, it } from 'vitest';
import { nameTags, parseImages } from '../../../src/lib/tags/images.ts';
import { codeOf } from './run.ts';

describe('parseImages', () => {
  it.each([
    ['', []],
    ['Acme/App', ['acme/app']],
    ['Acme/App,GHCR.io/Acme/App', ['acme/app', 'ghcr.io/acme/app']],
    ['acme/app\nghcr.io/acme/app', ['acme/app', 'ghcr.io/acme/app']],
    ['name=acme/app', ['acme/app']],
    ['name=acme/app,enable=true', ['acme/app']],
    ['name=acme/app,enable=false', []],
    ['acme/app,enable=false\nghcr.io/acme/app', ['ghcr.io/acme/app']],
    ['a/b,c/d\ne/f', ['c/d', 'e/f']],
    ['# none yet\nacme/app', ['acme/app']],
    ['localhost:5000/acme/app', ['localhost:5000/acme/app']],
  ])('reads %j', (text, images) => {
    expect(parseImages(text)).toEqual(images);
  });

  it.each(['name=', 'enable=true', 'name=a,enable=maybe', 'name=a,tag=b', 'name=a,enable='])('refuses %s', (text) => {
    expect(codeOf(() => parseImages(text))).toBe('IMAGE_INVALID');
  });
});

describe('nameTags', () => {
  it('groups the tags by image', () => {
    expect(nameTags(['a', 'b'], ['1', '2'])).toEqual(['a:1', 'a:2', 'b:1', 'b:2']);
  });

  it('gives the tags alone where there is no image', () => {
    expect(nameTags([], ['1', '2'])).toEqual(['1', '2']);
  });
});
