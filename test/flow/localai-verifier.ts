import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { StackRegistry } from '../../demo/stack.ts';

/** The `verification:` of a LocalAI gallery. */
export interface Verification {
  readonly issuer: string;
  readonly identity_regex: string;
  readonly not_before?: string;
}

interface Index {
  readonly manifests: readonly {
    readonly digest: string;
    readonly artifactType?: string;
    readonly platform?: { readonly os: string; readonly architecture: string };
  }[];
}

/**
 * What LocalAI does before it unpacks an image, in other words than Muster's and sharing no code with it: the tag's
 * child for the platform, its referrers by the list (without one: the fallback tag), the first of them that is listed
 * as a Sigstore bundle and parses, and that one only. It must have a certificate with an SCT, a log entry, an observer's
 * time, the digest as a subject, the issuer and identity, and no time before `not_before`.
 *
 * @returns the child's digest
 * @throws {Error} saying what LocalAI would say
 */
export class LocalAi {
  readonly #registry: StackRegistry;
  readonly #repository: string;
  readonly #trustedRoot: object;

  constructor(registry: StackRegistry, repository: string, trustedRoot: object) {
    this.#registry = registry;
    this.#repository = repository;
    this.#trustedRoot = trustedRoot;
  }

  async verify(reference: string, verification: Verification, architecture = 'amd64'): Promise<string> {
    const digest = await this.#resolve(reference, architecture);
    const bundle = await this.#firstBundle(digest);
    const times = this.#verifySignature(bundle);
    const subjects = readSubjects(bundle);
    if (!subjects.includes(digest.slice('sha256:'.length))) throw new Error('no subject has the digest');
    const { issuer, identity } = readIdentity(bundle);
    if (issuer !== verification.issuer) throw new Error(`expected issuer ${verification.issuer}, got ${issuer}`);
    if (!new RegExp(verification.identity_regex).test(identity)) throw new Error(`no matching identity: ${identity}`);
    const earliest = Math.min(...times.map((time) => time.getTime()));
    if (verification.not_before && earliest < Date.parse(verification.not_before))
      throw new Error('signature predates not_before');
    return digest;
  }

  async #resolve(reference: string, architecture: string): Promise<string> {
    const response = await this.#get(`manifests/${reference}`);
    const manifest = (await response.json()) as Partial<Index>;
    if (!manifest.manifests) return response.headers.get('Docker-Content-Digest') ?? '';
    const child = manifest.manifests.find(
      ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
    );
    if (!child) throw new Error(`no child with platform linux/${architecture}`);
    return child.digest;
  }

  /** As go-containerregistry's `remote.Referrers`. */
  async #referrers(digest: string): Promise<Index['manifests']> {
    let response = await this.#get(`referrers/${digest}`);
    if ([400, 404, 406].includes(response.status)) response = await this.#get(`manifests/${digest.replace(':', '-')}`);
    return response.status === 200 ? ((await response.json()) as Index).manifests : [];
  }

  async #firstBundle(digest: string): Promise<Bundle> {
    for (const referrer of await this.#referrers(digest)) {
      if (!/^application\/vnd\.dev\.sigstore\.bundle\..*\+json$/.test(referrer.artifactType ?? '')) continue;
      const manifest = (await (await this.#get(`manifests/${referrer.digest}`)).json()) as {
        layers: { digest: string }[];
      };
      const blob = await this.#get(`blobs/${manifest.layers[0]?.digest}`);
      try {
        return bundleFromJSON(await blob.json());
      } catch {
        // LocalAI looks at the next one.
      }
    }
    throw new Error('no Sigstore bundle referrer');
  }

  /** @returns the times of observers, verified */
  #verifySignature(bundle: Bundle): Date[] {
    const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(this.#trustedRoot)), {
      ctlogThreshold: 1,
      tlogThreshold: 1,
      timestampThreshold: 1,
    });
    const entity = toSignedEntity(bundle);
    verifier.verify(entity);
    return (verifier as unknown as { verifyTimestamps(one: typeof entity): Date[] }).verifyTimestamps(entity);
  }

  async #get(path: string): Promise<Response> {
    const { origin, username, password } = this.#registry;
    const url = `${origin}/v2/${this.#repository}/${path}`;
    const kinds = ['index.v1', 'manifest.v1'].map((kind) => `application/vnd.oci.image.${kind}+json`);
    const headers: Record<string, string> = { Accept: kinds.join(', ') };
    const first = await fetch(url, { headers });
    if (first.status !== 401) return first;
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const scope = `repository:${this.#repository}:pull`;
    const [, realm] = /realm="([^"]*)"/.exec(first.headers.get('WWW-Authenticate') ?? '') ?? [];
    const [, service] = /service="([^"]*)"/.exec(first.headers.get('WWW-Authenticate') ?? '') ?? [];
    const query = new URLSearchParams({ service: service ?? '', scope });
    const answer = await fetch(`${realm}?${query}`, { headers: { Authorization: basic } });
    const { token } = (await answer.json()) as { token: string };
    return fetch(url, { headers: { ...headers, Authorization: `Bearer ${token}` } });
  }
}

function readSubjects(bundle: Bundle): string[] {
  if (bundle.content.$case !== 'dsseEnvelope') throw new Error('the bundle has no statement');
  const statement = JSON.parse(bundle.content.dsseEnvelope.payload.toString()) as {
    subject: { digest: { sha256: string } }[];
  };
  return statement.subject.map(({ digest }) => digest.sha256);
}

/** By the certificate's text: good enough for certificates that were verified before. */
function readIdentity(bundle: Bundle): { readonly issuer: string; readonly identity: string } {
  const entity = toSignedEntity(bundle);
  if (entity.key.$case !== 'certificate') throw new Error('the bundle has no certificate');
  const { certificate } = entity.key;
  const issuer = certificate.extension('1.3.6.1.4.1.57264.1.8')?.valueObj.subs[0]?.value.toString() ?? '';
  return { issuer, identity: certificate.subjectAltName ?? '' };
}
