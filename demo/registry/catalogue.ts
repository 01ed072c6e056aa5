import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** One repository: which blobs it has, its manifests in the order they came, its tags. */
export interface StoredRepository {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

/** What a registry holds, but for the bytes of its blobs. */
export interface Catalogue {
  /** Undefined where nothing was ever pushed. */
  find(name: string): StoredRepository | undefined;
  /** The repository, made where it is new. */
  open(name: string): StoredRepository;
  /** Called after each change. */
  save(): void;
}

const fileSchema = z.record(
  z.string(),
  z.object({
    blobs: z.array(z.string()),
    manifests: z.array(z.object({ digest: z.string(), mediaType: z.string(), bytes: z.string() })),
    tags: z.record(z.string(), z.string()),
  }),
);

/** @param folder where it is kept; absent: in memory */
export function createCatalogue(folder?: string): Catalogue {
  const file = folder === undefined ? undefined : `${folder}/catalogue.json`;
  const repositories = file === undefined ? new Map<string, StoredRepository>() : load(file);
  return {
    find: (name) => repositories.get(name),
    open: (name) => {
      const repository = repositories.get(name) ?? { blobs: new Set(), manifests: new Map(), tags: new Map() };
      repositories.set(name, repository);
      return repository;
    },
    save: () => {
      if (file !== undefined && folder !== undefined) store(folder, file, repositories);
    },
  };
}

function load(file: string): Map<string, StoredRepository> {
  if (!existsSync(file)) return new Map();
  const json = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(
    Object.entries(json).map(([name, { blobs, manifests, tags }]) => [
      name,
      {
        blobs: new Set(blobs),
        manifests: new Map(manifests.map((one) => [one.digest, { ...one, bytes: Buffer.from(one.bytes, 'base64') }])),
        tags: new Map(Object.entries(tags)),
      },
    ]),
  );
}

/** Beside its destination first: a kill leaves the old file or the new one. */
function store(folder: string, file: string, repositories: ReadonlyMap<string, StoredRepository>): void {
  mkdirSync(folder, { recursive: true });
  const json = [...repositories].map(([name, { blobs, manifests, tags }]) => [
    name,
    {
      blobs: [...blobs],
      manifests: [...manifests.values()].map((one) => ({ ...one, bytes: Buffer.from(one.bytes).toString('base64') })),
      tags: Object.fromEntries(tags),
    },
  ]);
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(json)));
  renameSync(`${file}.new`, file);
}
