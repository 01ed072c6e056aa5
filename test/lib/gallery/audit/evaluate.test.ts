import { describe, expect, it } from 'vitest';
import type { Signature, SubjectCheck } from '../../../../src/lib/gallery/audit/check-image.ts';
import { evaluateEntry, type ReferenceResult } from '../../../../src/lib/gallery/audit/evaluate.ts';

const digest = (character: string) => `sha256:${character.repeat(64)}` as const;
const signed = (signed_at = '2026-06-01T00:00:00.000Z'): Signature => ({ signed_at });
const MISSING: Signature = { code: 'SIGNATURE_MISSING', detail: 'none' };
const ABSENT: ReferenceResult = { found: false, code: 'IMAGE_NOT_FOUND', detail: 'no' };
const FOREIGN: ReferenceResult = { found: false, code: 'REGISTRY_NOT_ALLOWED', detail: 'no' };
const UNREADABLE: ReferenceResult = { found: false, code: 'UNREADABLE', detail: 'no' };

const subject = (platform: string | undefined, policy: Signature, localai = policy): SubjectCheck => ({
  digest: digest(platform === undefined ? '0' : platform.endsWith('arm64') ? 'b' : 'a'),
  ...(platform === undefined ? {} : { platform }),
  policy,
  localai,
});

/** An index of these children, itself signed like them unless told otherwise. */
const index = (children: readonly SubjectCheck[], own: Signature = signed()): ReferenceResult => ({
  found: true,
  digest: digest('0'),
  is_index: true,
  subjects: [subject(undefined, own), ...children],
});
const plain = (child: SubjectCheck): ReferenceResult => ({
  found: true,
  digest: child.digest,
  is_index: false,
  subjects: [child],
});
const both = (signature: Signature) =>
  index([subject('linux/amd64', signature), subject('linux/arm64', signature)], signature);

const ENTRY = { name: 'x', uri: 'quay.io/a/b:latest-x', mirrors: ['quay.io/m/b:latest-x', 'a/b:latest-x'] };
const URI = 'quay.io/a/b:latest-x';
const MIRROR = 'quay.io/m/b:latest-x';
const HIDDEN = 'docker.io/a/b:latest-x';
const BRANCH = 'quay.io/a/b:master-x';
const DEVELOPMENT = 'quay.io/a/b:master-x-development';

function evaluate(results: Record<string, ReferenceResult>, notBefore?: string, entry: object = ENTRY) {
  return evaluateEntry(entry as typeof ENTRY, {
    resultOf: (ref) => results[ref],
    notBefore: notBefore === undefined ? undefined : Date.parse(notBefore),
  });
}
const absent = { [URI]: ABSENT, [MIRROR]: ABSENT, [HIDDEN]: ABSENT, [BRANCH]: ABSENT, [DEVELOPMENT]: ABSENT };
const installsOf = (results: Record<string, ReferenceResult>, notBefore?: string) =>
  Object.fromEntries(
    evaluate({ ...absent, ...results }, notBefore).platforms.map((one) => [one.platform, one.installs]),
  );

describe('evaluateEntry', () => {
  it("says of the entry what its URI's verdict is", () => {
    expect(evaluate({ ...absent, [URI]: both(signed()) }).code).toBe('VERIFIED');
    expect(evaluate({ ...absent, [URI]: both(MISSING) }).code).toBe('SIGNATURE_MISSING');
  });

  it('refuses an index of which one child is not signed', () => {
    const half = index([subject('linux/amd64', signed()), subject('linux/arm64', MISSING)]);
    const { code, references } = evaluate({ ...absent, [URI]: half });
    expect(code).toBe('SIGNATURE_MISSING');
    expect(references[0]?.platforms?.map((one) => one.code)).toEqual(['VERIFIED', 'SIGNATURE_MISSING']);
  });

  it('judges nothing of an entry without a URI', () => {
    expect(evaluate({}, undefined, { name: 'meta', capabilities: {} })).toEqual({
      name: 'meta',
      code: null,
      references: [],
      platforms: [],
    });
  });

  it.each([
    ['of what was not checked', {}, 'NOT_CHECKED'],
    ['of what is not there', { [URI]: ABSENT }, 'IMAGE_NOT_FOUND'],
  ])('tells %s', (_, results, code) => {
    expect(evaluate(results).code).toBe(code);
  });

  it('takes a mirror without a host for unreachable, whatever it is', () => {
    const { references } = evaluate({ ...absent, [HIDDEN]: both(signed()) });
    expect(references[2]).toMatchObject({ code: 'UNREACHABLE_BY_CLIENT', image_code: 'VERIFIED' });
  });

  it('takes what is no image for none', () => {
    const entry = { name: 'x', uri: 'https://a.test/x.tar' };
    expect(evaluate({}, undefined, entry)).toMatchObject({
      references: [{ code: 'NOT_AN_IMAGE' }],
      platforms: [{ installs: 'none' }],
    });
  });
});

describe('evaluateEntry, what a client installs', () => {
  it.each([
    ['the URI', { [URI]: both(signed()) }, 'uri'],
    ['a mirror', { [URI]: both(MISSING), [MIRROR]: both(signed()) }, 'mirror'],
    ['the branch, when the release was revoked', { [URI]: both(MISSING), [BRANCH]: both(signed()) }, 'branch'],
    ['a development image', { [DEVELOPMENT]: both(signed()) }, 'development'],
    ['nothing, where nothing verifies', { [URI]: both(MISSING), [BRANCH]: both(MISSING) }, 'none'],
    ['nothing from a mirror without a host', { [HIDDEN]: both(signed()) }, 'none'],
    [
      'who knows, where something before it cannot be read',
      { [MIRROR]: UNREADABLE, [BRANCH]: both(signed()) },
      'unknown',
    ],
    [
      'who knows, where something before it is in a registry that is not configured',
      { [MIRROR]: FOREIGN, [BRANCH]: both(signed()) },
      'unknown',
    ],
    ['the URI, whatever cannot be read after it', { [URI]: both(signed()), [MIRROR]: UNREADABLE }, 'uri'],
  ])('is %s', (_, results, installs) => {
    expect(installsOf(results)).toEqual({ 'linux/amd64': installs, 'linux/arm64': installs });
  });

  it('differs by platform', () => {
    const half = index([subject('linux/amd64', signed()), subject('linux/arm64', MISSING)]);
    expect(installsOf({ [URI]: half, [BRANCH]: both(signed()) })).toEqual({
      'linux/amd64': 'uri',
      'linux/arm64': 'branch',
    });
  });

  it('goes on where the URI lacks the platform', () => {
    const amd64 = index([subject('linux/amd64', signed())]);
    expect(installsOf({ [URI]: amd64, [BRANCH]: both(signed()) })['linux/arm64']).toBe('branch');
  });

  it('asks for no variant', () => {
    expect(installsOf({ [URI]: index([subject('linux/arm/v7', signed())]) })).toEqual({ 'linux/arm': 'uri' });
  });

  it('takes an image without an index on any platform', () => {
    const results = { [URI]: plain(subject('linux/arm64', signed())), [BRANCH]: both(signed()) };
    expect(installsOf(results)).toEqual({ 'linux/amd64': 'uri', 'linux/arm64': 'uri' });
  });

  it("leaves a build's attestations out", () => {
    const attested = index([subject('linux/amd64', signed()), subject('unknown/unknown', signed())]);
    expect(installsOf({ [URI]: attested })).toEqual({ 'linux/amd64': 'uri' });
  });

  it('names no platform where nothing is there', () => {
    expect(installsOf({})).toEqual({ any: 'none' });
  });

  it("goes by LocalAI's own verdict, which knows no pins", () => {
    const pinned: Signature = { code: 'IDENTITY_MISMATCH', detail: 'pin' };
    const result = index([subject('linux/amd64', pinned, signed())]);
    expect(evaluate({ ...absent, [URI]: result })).toMatchObject({
      code: 'IDENTITY_MISMATCH',
      platforms: [{ installs: 'uri' }],
    });
  });

  it('does not mind that the index itself is not signed', () => {
    expect(installsOf({ [URI]: index([subject('linux/amd64', signed())], MISSING) })).toEqual({ 'linux/amd64': 'uri' });
  });
});

describe('evaluateEntry, under a cut-off', () => {
  it.each([
    ['2026-06-01T00:00:00Z', 'VERIFIED', 'uri'],
    ['2026-06-01T00:00:01Z', 'SIGNED_BEFORE_CUTOFF', 'branch'],
  ])('of %s', (notBefore, code, installs) => {
    const results = { ...absent, [URI]: both(signed()), [BRANCH]: both(signed('2026-07-01T00:00:00Z')) };
    const judged = evaluate(results, notBefore);
    expect([judged.code, judged.platforms[0]?.installs]).toEqual([code, installs]);
  });
});
