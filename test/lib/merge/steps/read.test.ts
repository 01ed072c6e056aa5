import { describe, expect, it } from 'vitest';
import { readSources } from '../../../../src/lib/merge/steps/read.ts';
import type { StepContext, Target } from '../../../../src/lib/merge/types.ts';
import { sha256 } from '../../../../src/lib/oci/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../../../src/lib/oci/media-types.ts';
import { digestOf, makeArrival, makeRecord, makeTarget } from '../make.ts';

const child = { mediaType: OCI_MANIFEST, digest: digestOf('c'), size: 7 };
/** An index as another tool writes it: not as ours would be. */
const LEG = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [child] }));
const leg = { ...makeArrival('single', 'x'), digest: await sha256(LEG), media_type: OCI_INDEX, descriptors: [child] };

/** A merge of one leg that is an index, in a registry that holds it. */
function contextOf(project: object): StepContext {
  const place = makeTarget('registry.test/a/b');
  const pullManifest = async () => ({ bytes: LEG, mediaType: OCI_INDEX, digest: leg.digest, size: LEG.byteLength });
  const target: Target = { ...place, repository: Object.assign(place.repository, { pullManifest }) };
  const asked = { annotation_levels: ['index'], ...project };
  return {
    record: makeRecord({ arrivals: [leg] }),
    project: asked,
    tags: ['master'],
    targets: [target],
  } as unknown as StepContext;
}

const textOf = ({ bytes }: { readonly bytes: string }) => Buffer.from(bytes, 'base64').toString();

describe('readSources', () => {
  describe('when the only leg is an index', () => {
    it('publishes it byte for byte', async () => {
      expect((await readSources(contextOf({}))).digest).toBe(leg.digest);
    });

    it('writes another one with the annotations that are asked for', async () => {
      const read = await readSources(contextOf({ annotations: ['vendor=x'] }));
      expect(JSON.parse(textOf(read)).annotations.vendor).toBe('x');
    });

    it('names the version of an annotated index by the main tag', async () => {
      const read = await readSources(contextOf({ labels: [] }));
      expect(JSON.parse(textOf(read)).annotations['org.opencontainers.image.version']).toBe('master');
    });

    it('keeps the leg’s own descriptors in an annotated index', async () => {
      expect((await readSources(contextOf({ labels: [] }))).children).toEqual([child]);
    });
  });
});
