import { readFile } from 'node:fs/promises';
import { buildConfig } from '../../demo/config.ts';
import { digestOf, json } from '../../demo/images.ts';
import { createDemoIssuer, type DemoIssuer } from '../../demo/issuer/issuer.ts';
import { createDemoRegistry, type DemoRegistry } from '../../demo/registry/registry.ts';
import { type Handler, serve } from '../../demo/serve.ts';
import { createDemoSigstore, type DemoSigstore } from '../../demo/sigstore/sigstore.ts';
import type { Caller } from '../../src/lib/http.ts';
import { BUNDLE_MEDIA_TYPE, buildBundleManifest, EMPTY_CONFIG } from '../../src/lib/merge/signing/bundle-manifest.ts';
import type { Descriptor } from '../../src/lib/oci/descriptor.ts';
import { createRegistry } from '../../src/lib/oci/registry.ts';
import type { Repository } from '../../src/lib/oci/repository.ts';
import { requestCertificate, type SigningIdentity } from '../../src/lib/sigstore/certificate.ts';
import { signDigests } from '../../src/lib/sigstore/sign.ts';
import { parseSigningConfig } from '../../src/lib/sigstore/signing-config.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LEGACY = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const HOUR_MS = 3_600_000;

/**
 * What an image of the gallery is: `half` of its two children is signed, `unpinned` comes from a fork that calls the
 * right workflow, `plain` has no index.
 */
export type Kind = 'signed' | 'missing' | 'unsigned' | 'legacy' | 'stranger' | 'old' | 'half' | 'plain' | 'unpinned';

type Signer = 'good' | 'stranger' | 'fork' | 'old';
const SIGNERS: Readonly<Partial<Record<Kind, Signer>>> = {
  signed: 'good',
  half: 'good',
  plain: 'good',
  stranger: 'stranger',
  unpinned: 'fork',
  old: 'old',
};

/** Registries, a Sigstore and a gallery's file on loopback. */
export interface GalleryWorld {
  readonly quay: DemoRegistry;
  /** The Worker's `MUSTER` object: both registries are where the gallery's references point. */
  readonly config: object;
  /** Publishes an image of a kind, on quay.io or docker.io. */
  publish(host: 'quay.io' | 'docker.io', repository: string, tag: string, kind: Kind): Promise<void>;
  close(): Promise<void>;
}

export async function startGalleryWorld(galleryFile: string): Promise<GalleryWorld> {
  const services = new Map<string, Handler>();
  const clock = { shiftMs: 0, now: () => Date.now() + clock.shiftMs };
  const issuer = await host(services, (origin) => createDemoIssuer({ origin, now: clock.now }));
  const pull = (url: string) => issuer.service.fetch(new Request(url));
  const sigstore = await host(services, (origin) =>
    createDemoSigstore({ origin, issuer: issuer.origin, now: clock.now, fetch: pull }),
  );
  const quay = await host(services, () => withReferrersIndex(createDemoRegistry()));
  const hub = await host(services, () => withReferrersIndex(createDemoRegistry()));
  const text = await readFile(galleryFile);
  const file = await host(services, () => ({ fetch: async () => new Response(text) }));
  const caller = createDirectCaller(services, clock.now);
  const sign = await createSign({ caller, clock, issuer: issuer.service, sigstore });
  const origins = { 'quay.io': quay.origin, 'docker.io': hub.origin };
  const open = (name: keyof typeof origins, repository: string) =>
    createRegistry({ caller, host: name, origin: origins[name], realms: [] }).repository(repository);
  const { trustedRoot, signingConfig } = sigstore.service;
  const registries = (['quay.io', 'docker.io'] as const).map((name) => {
    return { host: name, alias: name.replace('.io', ''), origin: origins[name], realms: [], anonymous: true };
  });
  const config = buildConfig({ issuer: issuer.origin, registries, trustedRoot, signingConfig });
  // Between the old signatures and the others.
  const not_before = new Date(Date.now() + HOUR_MS / 2).toISOString();
  return {
    quay: quay.service,
    config: {
      ...config,
      policies: config.policies.map((policy) => ({ ...policy, not_before })),
      galleries: [{ name: 'localai', url: `${file.origin}/index.yaml`, policy: 'localai' }],
    },
    publish: (name, repository, tag, kind) => publish(open(name, repository), tag, kind, sign),
    close: async () => {
      for (const one of [issuer, sigstore, quay, hub, file]) await one.close();
    },
  };
}

/** Puts a service on loopback, and remembers it by its origin. */
async function host<Service extends { readonly fetch: Handler }>(
  services: Map<string, Handler>,
  create: (origin: string) => Promise<Service> | Service,
) {
  const slot: { service?: Service } = {};
  const served = await serve((request) => (slot.service as Service).fetch(request));
  const service = await create(served.origin);
  slot.service = service;
  services.set(served.origin, service.fetch);
  return { ...served, service };
}

/** What fills the registries takes no detour over the network. */
function createDirectCaller(services: ReadonlyMap<string, Handler>, now: () => number): Caller {
  return {
    fetch: (input, init) => {
      const handler = services.get(new URL(input).origin) as Handler;
      return handler(new Request(input, { ...init, signal: null, duplex: 'half' } as RequestInit));
    },
    now,
    sleep: async () => undefined,
    random: Math.random,
    retry: { tries: 1, backoffMs: 1, maxPauseMs: 1, timeoutMs: 60_000 },
  };
}

interface SignServices {
  readonly caller: Caller;
  readonly clock: { shiftMs: number; readonly now: () => number };
  readonly issuer: DemoIssuer;
  readonly sigstore: { readonly origin: string; readonly service: DemoSigstore };
}

/** Signs as one of the signers: one certificate each, the old one's an hour before the others'. */
async function createSign({ caller, clock, issuer, sigstore }: SignServices): Promise<Sign> {
  const identityFor = async (claims: Record<string, string>) =>
    requestCertificate(caller, sigstore.origin, await issuer.token(issuer.claims(claims), 'sigstore'));
  const old = await identityFor({});
  clock.shiftMs = HOUR_MS;
  const identities: Readonly<Record<Signer, SigningIdentity>> = {
    old,
    good: await identityFor({}),
    stranger: await identityFor({
      job_workflow_ref: 'evil/fork/.github/workflows/backend_merge.yml@refs/heads/master',
    }),
    fork: await identityFor({ repository_id: '1' }),
  };
  const services = parseSigningConfig(sigstore.service.signingConfig, clock.now());
  return (signer, digests) => {
    clock.shiftMs = signer === 'old' ? 0 : HOUR_MS;
    return signDigests({ caller, services, identity: identities[signer], digests });
  };
}

/**
 * The same registry, its lists of referrers looked up: it reads every manifest for each of them, and here are thousands
 * of both. They are made when the first one is asked for, after which nothing is published.
 */
function withReferrersIndex(registry: DemoRegistry): DemoRegistry {
  const lists = new Map<string, object[]>();
  const add = ({ bytes, digest, mediaType }: ReturnType<DemoRegistry['store']['manifests']>[number]) => {
    const { subject, artifactType, annotations } = JSON.parse(Buffer.from(bytes).toString());
    const descriptor = { mediaType, digest, size: bytes.byteLength, artifactType, annotations };
    if (subject) lists.set(subject.digest, [...(lists.get(subject.digest) ?? []), descriptor]);
  };
  const answer: Handler = async (request) => {
    const [, name = '', subject = ''] = /^\/v2\/(.+)\/referrers\/(.+)$/.exec(new URL(request.url).pathname) ?? [];
    if (name === '') return registry.fetch(request);
    if (lists.size === 0) registry.store.manifests(name).forEach(add);
    const list = { schemaVersion: 2, mediaType: INDEX, manifests: lists.get(subject) ?? [] };
    return Response.json(list, { headers: { 'Content-Type': INDEX } });
  };
  return { ...registry, fetch: answer };
}

type Sign = (
  signer: Signer,
  digests: readonly string[],
) => Promise<{ readonly json: string; readonly signedAt: number }>;

async function publish(repository: Repository, tag: string, kind: Kind, sign: Sign): Promise<void> {
  if (kind === 'missing') return;
  const arm64 = await pushImage(repository, 'arm64', tag);
  const children = kind === 'plain' ? [arm64] : [await pushImage(repository, 'amd64', tag), arm64];
  const root = kind === 'plain' ? arm64 : await pushIndex(repository, children);
  const { bytes, mediaType } = root;
  await repository.pushManifest(tag, { bytes, mediaType });
  const all = [...new Map([root, ...children].map((one) => [one.digest, one])).values()];
  const signer = SIGNERS[kind];
  if (signer)
    await attach(
      repository,
      kind === 'half' ? all.slice(0, -1) : all,
      await sign(
        signer,
        all.map(({ digest }) => digest),
      ),
    );
  if (kind === 'legacy') for (const subject of all) await attachLegacy(repository, subject);
}

type Pushed = Descriptor & { readonly bytes: Uint8Array };

async function pushManifest(repository: Repository, document: object, mediaType: string): Promise<Pushed> {
  const bytes = json({ schemaVersion: 2, mediaType, ...document });
  const digest = digestOf(bytes) as Descriptor['digest'];
  await repository.pushManifest(digest, { bytes, mediaType });
  return { bytes, digest, mediaType, size: bytes.byteLength };
}

async function pushImage(repository: Repository, architecture: string, title: string): Promise<Pushed> {
  const config = json({ os: 'linux', architecture, config: { Labels: { title } } });
  const layer = json({ layer: 'one for all' });
  const describe = async (bytes: Uint8Array, mediaType: string) => {
    return { mediaType, digest: await repository.pushBlob(bytes), size: bytes.byteLength };
  };
  return pushManifest(
    repository,
    {
      config: await describe(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [await describe(layer, 'application/vnd.oci.image.layer.v1.tar')],
    },
    MANIFEST,
  );
}

function pushIndex(repository: Repository, children: readonly Pushed[]): Promise<Pushed> {
  const [amd64, arm64] = children.map(({ bytes: _, ...descriptor }) => descriptor);
  const manifests = [
    { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
    { ...arm64, platform: { os: 'linux', architecture: 'arm64' } },
  ];
  return pushManifest(repository, { manifests }, INDEX);
}

async function attach(
  repository: Repository,
  subjects: readonly Pushed[],
  bundle: { readonly json: string; readonly signedAt: number },
): Promise<void> {
  const blob = Buffer.from(bundle.json);
  await repository.pushBlob(EMPTY_CONFIG);
  const layer = { mediaType: BUNDLE_MEDIA_TYPE, digest: await repository.pushBlob(blob), size: blob.byteLength };
  for (const { bytes: _, ...subject } of subjects) {
    const manifest = await buildBundleManifest(subject, layer, bundle.signedAt);
    await repository.pushManifest(manifest.digest, manifest);
  }
}

async function attachLegacy(repository: Repository, { bytes: _, ...subject }: Pushed): Promise<void> {
  const digest = await repository.pushBlob(EMPTY_CONFIG);
  const config = { mediaType: 'application/vnd.oci.empty.v1+json', digest, size: EMPTY_CONFIG.byteLength };
  await pushManifest(repository, { artifactType: LEGACY, config, layers: [config], subject }, MANIFEST);
}
