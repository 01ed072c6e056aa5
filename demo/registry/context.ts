import type { BlobStore } from './blob-store.ts';
import type { Catalogue } from './catalogue.ts';
import type { Turns } from './turns.ts';

/** What a registry can do, and cannot. */
export interface Abilities {
  readonly referrersApi: boolean;
  readonly mounts: boolean;
  /** A blob in one POST. */
  readonly singlePost: boolean;
  /** The longest page of a list. */
  readonly pageSize: number;
}

/** A change that the registry has made, as an observer is told of it before the caller is. */
export type Write =
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: string; readonly digest: string }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: string }
  | { readonly kind: 'delete'; readonly name: string; readonly reference: string; readonly digest: string };

/** What the parts of a registry share. */
export interface RegistryContext {
  readonly abilities: Abilities;
  readonly blobs: BlobStore;
  readonly catalogue: Catalogue;
  /** Runs what works on one upload, one after the other. */
  readonly turns: Turns;
  /** Keeps a change and tells the observers. */
  written(write: Write): void;
}
