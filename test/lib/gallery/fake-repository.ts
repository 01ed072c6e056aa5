import type { Descriptor } from '../../../src/lib/oci/descriptor.ts';
import { type Digest, isDigest, sha256 } from '../../../src/lib/oci/digest.ts';
import { OciError } from '../../../src/lib/oci/error.ts';
import type { RawManifest } from '../../../src/lib/oci/manifest.ts';
import type { Repository } from '../../../src/lib/oci/repository.ts';
import { SigstoreError, type VerdictCode } from '../../../src/lib/sigstore/error.ts';
import type { verifyBundle } from '../../../src/lib/sigstore/verify.ts';

export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/** A registry's repository in memory; `errors` are thrown for the digests and tags they stand at. */
export class FakeRepository {
  readonly manifests = new Map<string, RawManifest>();
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly tags = new Map<string, Digest>();
  /** What the registry itself lists, if it does. */
  readonly referrers = new Map<Digest, Descriptor[]>();
  /** What the fallback tags name. */
  readonly fallback = new Map<Digest, Descriptor[]>();
  hasReferrersApi = true;
  readonly errors = new Map<string, Error>();
  readonly calls: string[] = [];

  async addBlob(bytes: Uint8Array | string): Promise<Descriptor> {
    const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    const digest = await sha256(content);
    this.blobs.set(digest, content);
    return { mediaType: 'application/octet-stream', digest, size: content.byteLength };
  }

  async addManifest(json: object, mediaType = MANIFEST_TYPE): Promise<Descriptor> {
    const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, ...json }));
    const digest = await sha256(bytes);
    this.manifests.set(digest, { bytes, mediaType, digest, size: bytes.byteLength });
    return { mediaType, digest, size: bytes.byteLength };
  }

  /** An image for a platform, its config naming it. */
  async addImage(architecture: string): Promise<Descriptor> {
    const config = await this.addBlob(JSON.stringify({ os: 'linux', architecture }));
    const image = await this.addManifest({ config, layers: [] });
    return { ...image, platform: { os: 'linux', architecture } };
  }

  addIndex(manifests: readonly Descriptor[]): Promise<Descriptor> {
    return this.addManifest({ manifests }, INDEX_TYPE);
  }

  /** Attaches a bundle as cosign does, and lists it. */
  async attach(subject: Descriptor, bundle: unknown, listed: Partial<Descriptor> = { artifactType: BUNDLE_TYPE }) {
    const blob = await this.addBlob(typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
    const layer = { ...blob, mediaType: BUNDLE_TYPE };
    return this.attachManifest(subject, { artifactType: BUNDLE_TYPE, layers: [layer] }, listed);
  }

  async attachManifest(subject: Descriptor, json: object, listed: Partial<Descriptor> = {}): Promise<Descriptor> {
    const config = { ...(await this.addBlob('{}')), mediaType: 'application/vnd.oci.empty.v1+json' };
    const { platform: _, ...bare } = subject;
    const manifest = await this.addManifest({ config, layers: [], subject: bare, ...json });
    this.referrers.set(subject.digest, [...(this.referrers.get(subject.digest) ?? []), { ...manifest, ...listed }]);
    return manifest;
  }

  /** The interface; what verification never calls is not there. */
  get repository(): Repository {
    const at = (call: string, key: string) => {
      this.calls.push(`${call} ${key}`);
      const error = this.errors.get(key);
      if (error) throw error;
    };
    const digestOf = (reference: string) => (isDigest(reference) ? reference : this.tags.get(reference));
    const present: Partial<Repository> = {
      host: 'registry.test',
      name: 'a/b',
      headManifest: async (reference) => {
        at('HEAD', reference);
        return this.manifests.get(digestOf(reference) ?? '');
      },
      pullManifest: async (reference) => {
        at('GET', reference);
        return this.manifests.get(digestOf(reference) ?? '');
      },
      hasBlob: async (digest) => this.blobs.has(digest),
      pullBlob: async (digest) => {
        at('BLOB', digest);
        const bytes = this.blobs.get(digest);
        if (!bytes) throw new OciError('UNEXPECTED_STATUS', 'status 404');
        return bytes;
      },
      listByApi: async (subject) => {
        at('LIST', subject);
        return this.hasReferrersApi ? (this.referrers.get(subject) ?? []) : undefined;
      },
      listReferrers: async (subject) => {
        at('LIST', subject);
        const api = this.hasReferrersApi;
        const listed = api ? (this.referrers.get(subject) ?? []) : [];
        const fallback = this.fallback.get(subject) ?? [];
        return { descriptors: [...listed, ...fallback], shown: api ? listed : fallback, api };
      },
    };
    return present as Repository;
  }
}

/** A bundle of the fake verification: the subjects it names, or why it is refused. */
export interface FakeBundle {
  readonly subjects?: readonly string[];
  readonly refused?: VerdictCode;
  /** Refused only where the predicate matters. */
  readonly attestation?: boolean;
  /** Refused by a policy that pins the repository. */
  readonly unpinned?: boolean;
}

/** Stands in for the cryptography; counts what it is asked. */
export function createFakeVerify(): { verify: typeof verifyBundle; count: () => number } {
  let count = 0;
  const verify: typeof verifyBundle = ({ bundle, artifact, policy, requireCosignPredicate }) => {
    count += 1;
    const { subjects = [], refused, attestation, unpinned } = bundle as FakeBundle;
    if (refused) throw new SigstoreError(refused, 'as the test has it');
    if ('digest' in artifact && !subjects.includes(artifact.digest))
      throw new SigstoreError('SUBJECT_MISMATCH', 'other');
    if (attestation && requireCosignPredicate) throw new SigstoreError('PREDICATE_UNEXPECTED', 'attestation');
    if (unpinned && policy.source_repository_id) throw new SigstoreError('IDENTITY_MISMATCH', 'pin');
    return { signer: { issuer: 'i', identity: 's' }, timestamps: [], log: { index: '1', id: 'l' }, subjects };
  };
  return { verify, count: () => count };
}
