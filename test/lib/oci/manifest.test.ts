import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../../src/lib/oci/manifest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../src/lib/oci/media-types.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const descriptor = { mediaType: 'application/octet-stream', digest: digest('a'), size: 1 };
const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] };
const index = { schemaVersion: 2, manifests: [descriptor] };

const parseText = (text: string, mediaType: string = OCI_MANIFEST) =>
  parseManifest({ bytes: new TextEncoder().encode(text), mediaType });
const parse = (document: unknown, mediaType?: string) => parseText(JSON.stringify(document), mediaType);
const invalid = expect.objectContaining({ code: 'MANIFEST_INVALID' });

describe('parseManifest', () => {
  it.each([OCI_MANIFEST, DOCKER_MANIFEST])('reads an image, %s', (mediaType) =>
    expect(parse(image, mediaType)).toEqual({ kind: 'image', config: descriptor, layers: [descriptor] }),
  );
  it.each([OCI_INDEX, DOCKER_LIST])('reads an index, %s', (mediaType) =>
    expect(parse(index, mediaType)).toEqual({ kind: 'index', manifests: [descriptor] }),
  );
  it('keeps the fields of a referrer', () => {
    const rest = { artifactType: 'a/b', subject: descriptor, annotations: { a: 'b' } };
    expect(parse({ ...image, ...rest })).toMatchObject(rest);
  });
  it('keeps an annotation whatever its key is', () => {
    const annotations = JSON.parse('{"__proto__":"a","constructor":"b","1":"c"}');
    const document = { ...index, annotations, manifests: [{ ...descriptor, annotations }] };
    const parsed = parse(document, OCI_INDEX);
    expect(parsed).toEqual({ kind: 'index', annotations, manifests: [{ ...descriptor, annotations }] });
    expect(Object.keys(parsed.annotations ?? {})).toContain('__proto__');
  });
  it('keeps unknown fields of a descriptor', () =>
    expect(parse({ ...index, manifests: [{ ...descriptor, later: 1 }] }, OCI_INDEX)).toMatchObject({
      manifests: [{ later: 1 }],
    }));
  it('passes over unknown fields of the document', () =>
    expect(parse({ ...image, later: 1 })).not.toHaveProperty('later'));
  it('takes the media type that it was served with', () =>
    expect(parse({ ...image, mediaType: OCI_MANIFEST }).kind).toBe('image'));
  it('takes equal keys of different objects', () =>
    expect(parse({ ...image, annotations: { config: 'x', layers: 'y' } }).kind).toBe('image'));
  it('takes a brace inside a text for nothing', () =>
    expect(parse({ ...image, annotations: { a: '{"config":1,"config":2}', b: '\\"}{' } }).kind).toBe('image'));

  describe('when it means different things to different clients', () => {
    it.each([
      ['another media type than it was served with', { ...image, mediaType: DOCKER_MANIFEST }],
      ['an index served as an image', { ...image, manifests: [] }],
      ['layers of schema 1', { ...image, fsLayers: [] }],
      ['a field that only Go finds', { ...image, Subject: descriptor }],
      ['an index in other letters', { ...image, Manifests: [] }],
      ['a media type in other letters', { ...image, mediatype: OCI_INDEX }],
    ])('refuses %s', (_, document) => expect(() => parse(document)).toThrow(invalid));
    it.each([
      ['config', { ...index, config: descriptor }],
      ['layers', { ...index, layers: [] }],
    ])('refuses an index with %s', (_, document) => expect(() => parse(document, OCI_INDEX)).toThrow(invalid));

    const text = JSON.stringify(image);
    it.each([
      ['a repeated key', `{"config":1,${text.slice(1)}`],
      ['a repeated key behind', `${text.slice(0, -1)},"layers":[]}`],
      ['a repeated key that is escaped', `{"\\u0063onfig":1,${text.slice(1)}`],
      ['a repeated key with space before its colon', `{"config"  :1,${text.slice(1)}`],
      ['a repeated key of a descriptor', text.replace('"size":1', '"size":2,"size":1')],
      ['keys that differ in case only', text.replace('"size":1', '"size":1,"Digest":"x"')],
      ['keys that Go folds', text.replace('"size":1', '"size":1,"\u017fize":2')],
    ])('refuses %s', (_, document) => expect(() => parseText(document)).toThrow(invalid));
  });

  describe('when it is no manifest', () => {
    it.each([
      ['an empty body', ''],
      ['HTML', '<html>'],
      ['a list', '[]'],
      ['null', 'null'],
      ['a number', '7'],
      ['a text', '"a"'],
      ['two documents', '{}{}'],
      ['a byte order mark', `\ufeff${JSON.stringify(image)}`],
    ])('refuses %s', (_, text) => expect(() => parseText(text)).toThrow(invalid));
    it('refuses bytes that are not UTF-8', () =>
      expect(() => parseManifest({ bytes: new Uint8Array([0x22, 0xff, 0x22]), mediaType: OCI_MANIFEST })).toThrow(
        invalid,
      ));
    it.each([
      ['no schema version', { config: descriptor, layers: [] }],
      ['schema version 1', { ...image, schemaVersion: 1 }],
      ['no config', { schemaVersion: 2, layers: [] }],
      ['no layers', { schemaVersion: 2, config: descriptor }],
      ['layers that are null', { ...image, layers: null }],
      ['a digest that climbs', { ...image, config: { ...descriptor, digest: '../../etc' } }],
      ['a digest of another algorithm', { ...image, config: { ...descriptor, digest: `sha512:${'a'.repeat(128)}` } }],
      ['a negative size', { ...image, config: { ...descriptor, size: -1 } }],
      ['a size that is no whole number', { ...image, config: { ...descriptor, size: 1.5 } }],
      ['a size beyond what can be counted', { ...image, config: { ...descriptor, size: 2 ** 60 } }],
      ['a size as text', { ...image, config: { ...descriptor, size: '1' } }],
      ['an annotation that is no text', { ...image, annotations: { a: 1 } }],
      ['more than 4096 layers', { ...image, layers: Array.from({ length: 4097 }, () => descriptor) }],
    ])('refuses %s', (_, document) => expect(() => parse(document)).toThrow(invalid));
    it('refuses an index with more than 4096 manifests', () =>
      expect(() => parse({ ...index, manifests: Array.from({ length: 4097 }, () => descriptor) }, OCI_INDEX)).toThrow(
        invalid,
      ));
    it.each([
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'application/vnd.docker.distribution.manifest.v1+json',
      'application/json',
      'text/html',
      '',
    ])('refuses the media type "%s"', (mediaType) => expect(() => parse(image, mediaType)).toThrow(invalid));
  });

  it('names the field', () =>
    expect(() => parse({ ...image, config: { ...descriptor, size: -1 } })).toThrow(/^config\.size: /));
  it('does not quote a long media type whole', () => {
    try {
      parse(image, 'x'.repeat(5000));
    } catch (error) {
      expect(String(error).length).toBeLessThan(400);
    }
    expect.assertions(1);
  });
});
