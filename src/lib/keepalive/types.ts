import type { Digest } from '../oci/digest.ts';

/** A tag that keeps a leg from garbage collection until it is published. */
export interface Anchor {
  readonly tag: string;
  readonly project: string;
  readonly run_id: string;
  readonly tag_suffix: string;
  readonly digest: Digest;
}

/** Hears of every anchor before it is made, so that none is forgotten. */
export interface AnchorLedger {
  /** @param repository full name, `quay.io/a/b` */
  add(repository: string, anchor: Anchor): Promise<void>;
}
