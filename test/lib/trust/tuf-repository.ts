import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models';
import type { Fetch } from '../../../src/lib/http.ts';

const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;
export type RoleName = (typeof ROLES)[number];
const SPEC_VERSION = '1.0.31';
const DAY_MS = 24 * 3_600_000;

/** Who signs a role. */
interface Signer {
  readonly key: Key;
  readonly privateKey: KeyObject;
}

export interface PublishOptions {
  /** Milliseconds since the epoch, by role; default a day (a year for the root) after the repository's clock. */
  readonly expires?: Partial<Record<RoleName, number>>;
  /** Versions that differ from the next one. */
  readonly versions?: Partial<Record<RoleName, number>>;
  /** How many of a role's keys sign; default all. */
  readonly signers?: Partial<Record<RoleName, number>>;
  /** What a root says of how many signatures a role needs; default as it was set up. */
  readonly thresholds?: Partial<Record<RoleName, number>>;
  /** What the mirror serves of a target instead of what was signed. */
  readonly swapped?: Readonly<Record<string, string>>;
}

/**
 * A TUF repository made on the fly, with consistent snapshots, and the mirror that serves it: `files` by their path.
 *
 * @see https://theupdateframework.github.io/specification/latest/#repository-layout
 */
export class TufRepository {
  readonly files = new Map<string, string>();
  readonly calls: string[] = [];
  /** Milliseconds since the epoch. */
  now: number;
  /** Answered instead of any file. */
  failure: (() => Response) | undefined;
  readonly #thresholds: Readonly<Record<RoleName, number>>;
  #signers: Record<RoleName, Signer[]>;
  #rootSigners: Signer[] = [];
  #versions: Record<RoleName, number> = { root: 0, timestamp: 0, snapshot: 0, targets: 0 };

  /** Each role has one key more than its threshold. */
  constructor(now: number, thresholds: Partial<Record<RoleName, number>> = {}) {
    this.now = now;
    this.#thresholds = { root: 2, timestamp: 1, snapshot: 1, targets: 1, ...thresholds };
    this.#signers = this.#createSigners(ROLES);
  }

  /** The newest root.json. */
  get root(): string {
    return this.files.get(`${this.#versions.root}.root.json`) ?? '';
  }

  /** Publishes a root; a later one is also signed by the keys of the one before. */
  publishRoot({ expires, versions, signers, thresholds }: PublishOptions = {}): this {
    const version = versions?.root ?? this.#versions.root + 1;
    const root = new Root({ version, expires: this.#expiry(expires?.root, 365), specVersion: SPEC_VERSION });
    for (const role of ROLES) {
      for (const { key } of this.#signers[role]) root.addKey(key, role);
      Object.assign(root.roles[role] ?? {}, {
        threshold: thresholds && role in thresholds ? thresholds[role] : this.#thresholds[role],
      });
    }
    const all = [...new Set([...this.#signers.root.slice(0, signers?.root), ...this.#rootSigners])];
    this.files.set(`${version}.root.json`, signed(new Metadata(root), all));
    this.#rootSigners = this.#signers.root;
    this.#versions.root = version;
    return this;
  }

  /** New keys for a role; they count from the next root on. */
  rotate(role: RoleName): this {
    this.#signers = { ...this.#signers, ...this.#createSigners([role]) };
    return this;
  }

  /** Publishes targets, and the snapshot and timestamp that name them. */
  publish(contents: Readonly<Record<string, string>>, options: PublishOptions = {}): this {
    const { expires, swapped } = options;
    const next = (role: RoleName) => options.versions?.[role] ?? this.#versions[role] + 1;
    const versions = { targets: next('targets'), snapshot: next('snapshot'), timestamp: next('timestamp') };
    const sign = (role: RoleName, metadata: Parameters<typeof signed>[0]) =>
      signed(metadata, this.#signers[role].slice(0, options.signers?.[role]));
    const targets = new Targets({
      specVersion: SPEC_VERSION,
      version: versions.targets,
      expires: this.#expiry(expires?.targets, 1),
    });
    for (const [path, content] of Object.entries(contents)) {
      const sha256 = createHash('sha256').update(content).digest('hex');
      targets.addTarget(new TargetFile({ path, length: Buffer.byteLength(content), hashes: { sha256 } }));
      this.files.set(`targets/${sha256}.${path}`, swapped?.[path] ?? content);
    }
    this.files.set(`${versions.targets}.targets.json`, sign('targets', new Metadata(targets)));
    const snapshot = new Snapshot({
      specVersion: SPEC_VERSION,
      version: versions.snapshot,
      expires: this.#expiry(expires?.snapshot, 1),
      meta: { 'targets.json': new MetaFile({ version: versions.targets }) },
    });
    this.files.set(`${versions.snapshot}.snapshot.json`, sign('snapshot', new Metadata(snapshot)));
    const timestamp = new Timestamp({
      specVersion: SPEC_VERSION,
      version: versions.timestamp,
      expires: this.#expiry(expires?.timestamp, 1),
      snapshotMeta: new MetaFile({ version: versions.snapshot }),
    });
    this.files.set('timestamp.json', sign('timestamp', new Metadata(timestamp)));
    Object.assign(this.#versions, versions);
    return this;
  }

  /** The mirror. */
  readonly fetch: Fetch = async (url) => {
    const path = new URL(url).pathname.replace(/^\/tuf\//, '');
    this.calls.push(path);
    if (this.failure) return this.failure();
    const file = this.files.get(path);
    return file === undefined ? new Response('', { status: 404 }) : new Response(file);
  };

  #expiry(at: number | undefined, days: number): string {
    return new Date(at ?? this.now + days * DAY_MS).toISOString().replace(/\.\d+Z$/, 'Z');
  }

  #createSigners<Role extends RoleName>(roles: readonly Role[]): Record<Role, Signer[]> {
    const entries = roles.map((role) => [role, Array.from({ length: this.#thresholds[role] + 1 }, createSigner)]);
    return Object.fromEntries(entries) as Record<Role, Signer[]>;
  }
}

function createSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keyID = createHash('sha256').update(pem).digest('hex');
  return {
    key: new Key({ keyID, keyType: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyVal: { public: pem } }),
    privateKey,
  };
}

function signed(metadata: Metadata<Root | Targets | Snapshot | Timestamp>, signers: readonly Signer[]): string {
  for (const { key, privateKey } of signers) {
    metadata.sign(
      (bytes) => new Signature({ keyID: key.keyID, sig: sign('sha256', bytes, privateKey).toString('hex') }),
    );
  }
  return JSON.stringify(metadata.toJSON());
}
