import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../src/lib/error.ts';
import { type Challenge, parseChallenges } from '../../../src/lib/oci/challenge.ts';
import { parseDockerConfig } from '../../../src/lib/oci/credentials.ts';
import type { Descriptor } from '../../../src/lib/oci/descriptor.ts';
import { sha256 } from '../../../src/lib/oci/digest.ts';
import { buildIndex } from '../../../src/lib/oci/image-index.ts';
import { nextPage } from '../../../src/lib/oci/link.ts';
import { parseManifest } from '../../../src/lib/oci/manifest.ts';
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  MANIFEST_TYPES,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../../src/lib/oci/media-types.ts';
import { parsePlatform, platformOfConfig } from '../../../src/lib/oci/platform.ts';
import { isRepositoryName, isTag, parseImageReference } from '../../../src/lib/oci/reference.ts';
import { mergeReferrer } from '../../../src/lib/oci/referrers.ts';
import { anyJson, anyText, coded, mutated, nearBytes, slowTexts } from '../fuzz.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const PAGE = new URL('https://registry.test/v2/a/tags/list');
const digest = `sha256:${'a'.repeat(64)}`;
const descriptor = {
  mediaType: OCI_MANIFEST,
  digest,
  size: 7,
  annotations: { a: 'b' },
  platform: { os: 'linux', architecture: 'amd64' },
};
const IMAGE = {
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: descriptor,
  layers: [descriptor],
  subject: descriptor,
};
const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor, descriptor], annotations: { a: 'b' } };
const anyType = fc.constantFrom(...MANIFEST_TYPES, 'text/html', '');

/** Whether a parser gave something or a coded error, for everything. */
function neverCrashes(arbitrary: fc.Arbitrary<unknown>, run: (value: never) => unknown): Promise<void> {
  return fc.assert(
    fc.asyncProperty(arbitrary, async (value) => {
      await coded(() => run(value as never));
    }),
    { numRuns: 400 },
  );
}

describe('a parser of what a registry or a user sends', () => {
  const TEXTS: [string, (text: string) => unknown][] = [
    ['parseChallenges', parseChallenges],
    ['nextPage', (text) => nextPage(text, PAGE)],
    ['parseImageReference', parseImageReference],
    ['parsePlatform', parsePlatform],
    ['parseDockerConfig', parseDockerConfig],
    ['platformOfConfig', (text) => platformOfConfig(encode(text))],
    ['parseManifest of an image', (text) => parseManifest({ bytes: encode(text), mediaType: OCI_MANIFEST })],
    ['parseManifest of an index', (text) => parseManifest({ bytes: encode(text), mediaType: DOCKER_LIST })],
  ];
  it.each(TEXTS)('%s takes any text or refuses it with a code', (_, run) => neverCrashes(anyText, run));
  it.each([...TEXTS, ['isTag', isTag], ['isRepositoryName', isRepositoryName]] as typeof TEXTS)(
    '%s is done with 50 KB at once',
    async (_, run) => expect(await slowTexts(run)).toEqual([]),
  );

  it('parseManifest takes any document or refuses it', () =>
    neverCrashes(
      fc.tuple(anyJson('schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'Manifests', 'digest'), anyType),
      ([document, mediaType]: [unknown, string]) =>
        parseManifest({ bytes: encode(JSON.stringify(document)), mediaType }),
    ));
  it.each([
    ['an image', IMAGE, OCI_MANIFEST],
    ['an index', INDEX, OCI_INDEX],
  ])('parseManifest takes what is near %s or refuses it', (_, good, mediaType) =>
    neverCrashes(mutated(good, 'Digest', 'fsLayers', 'size', 'urls'), (document) =>
      parseManifest({ bytes: encode(JSON.stringify(document)), mediaType }),
    ),
  );
  it.each([
    ['an image', IMAGE, OCI_MANIFEST],
    ['an index', INDEX, OCI_INDEX],
  ])("parseManifest takes bytes near %s's or refuses them", (_, good, mediaType) =>
    neverCrashes(nearBytes(JSON.stringify(good)), (bytes) => parseManifest({ bytes, mediaType })),
  );
  it('platformOfConfig takes any document or refuses it', () =>
    neverCrashes(anyJson('os', 'architecture', 'variant'), (config) =>
      platformOfConfig(encode(JSON.stringify(config))),
    ));
  it('platformOfConfig takes every name', () =>
    neverCrashes(fc.record({ os: anyText, architecture: anyText, variant: anyText }), (config) =>
      platformOfConfig(encode(JSON.stringify(config))),
    ));
  it('parseDockerConfig takes any document or refuses it, quoting nothing', () =>
    fc.assert(
      fc.asyncProperty(
        mutated({ auths: { canary: { auth: 'Y2FuYXJ5OmNhbmFyeQ==' } } }, 'auths', 'credsStore'),
        async (config) => {
          const result = await coded(() => parseDockerConfig(JSON.stringify(config)));
          if (result instanceof CodedError) expect(result.message).not.toContain('Y2FuYXJ5');
        },
      ),
    ));
  it('mergeReferrer takes what is near an index or refuses it', () =>
    neverCrashes(nearBytes(JSON.stringify(INDEX)), async (bytes: Uint8Array<ArrayBuffer>) =>
      mergeReferrer(
        { bytes, mediaType: OCI_INDEX, digest: await sha256(bytes), size: bytes.byteLength },
        { ...descriptor, digest: `sha256:${'b'.repeat(64)}` },
      ),
    ));
});

describe('parseChallenges', () => {
  const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]{0,9}$/).map((text) => text.toLowerCase());
  const value = fc.stringMatching(/^[ -~]{0,20}$/);
  const challenge = fc.record({
    scheme: token,
    parameters: fc
      .uniqueArray(fc.tuple(token, value), { minLength: 1, maxLength: 4, selector: ([name]) => name })
      .map((entries) => Object.fromEntries(entries)),
  });
  const write = ({ scheme, parameters }: Challenge) =>
    `${scheme} ${Object.entries(parameters)
      .map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`)
      .join(', ')}`;

  it('reads what it means, however values are written', () =>
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
        expect(parseChallenges(challenges.map(write).join(','))).toEqual(challenges);
      }),
    ));
});

describe('parseImageReference', () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,5})?$/);
  const reference = fc.record({
    registry: fc.constantFrom('quay.io', 'localhost:5000', 'a-b.test'),
    repository: fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,10}$/),
    digest: fc.stringMatching(/^[a-f0-9]{64}$/).map((hex) => `sha256:${hex}`),
  });

  it('reads what was written', () =>
    fc.assert(
      fc.property(reference, ({ registry, repository, tag, digest }) => {
        expect(parseImageReference(`${registry}/${repository}:${tag}@${digest}`)).toEqual({
          registry,
          repository,
          tag,
          digest,
        });
      }),
    ));
  it('lets nothing through that changes a URL', () =>
    fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const parsed = await coded(() => parseImageReference(text));
        if (parsed instanceof CodedError) return;
        const url = new URL(
          `https://${parsed.registry}/v2/${parsed.repository}/manifests/${parsed.tag ?? parsed.digest}`,
        );
        expect(url.pathname).toBe(`/v2/${parsed.repository}/manifests/${parsed.tag ?? parsed.digest}`);
        expect([url.search, url.hash, url.username]).toEqual(['', '', '']);
      }),
    ));
});

describe('buildIndex', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const child = fc.record(
    {
      mediaType: fc.constantFrom(OCI_MANIFEST, DOCKER_MANIFEST),
      digest: fc.stringMatching(/^[a-f0-9]{64}$/).map((hex) => `sha256:${hex}` as const),
      size: fc.nat(),
      annotations: fc.array(fc.tuple(text, text), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
      platform: fc.record({ os: text, architecture: text }),
      artifactType: text,
    },
    { requiredKeys: ['mediaType', 'digest', 'size'] },
  );

  it('writes what parseManifest reads back, but for what is empty', () =>
    fc.assert(
      fc.asyncProperty(fc.array(child, { minLength: 1, maxLength: 4 }), async (children: readonly Descriptor[]) => {
        // Keys that differ in case only are refused when they are read.
        const keys = children.map(({ annotations = {} }) =>
          Object.keys(annotations).map((key) => key.toUpperCase().toLowerCase()),
        );
        fc.pre(keys.every((names) => new Set(names).size === names.length));
        const parsed = parseManifest(await buildIndex(children));
        const kept = children.map(({ annotations, artifactType, ...rest }) => ({
          ...rest,
          ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
          ...(artifactType ? { artifactType } : {}),
        }));
        expect(parsed).toEqual({ kind: 'index', manifests: kept });
      }),
    ));
});
