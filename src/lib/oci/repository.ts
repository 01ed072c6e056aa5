import { type BlobPassage, createBlobPassage } from './blob-passage.ts';
import { type Blobs, createBlobs } from './blobs.ts';
import type { RepositoryContext } from './context.ts';
import { createManifests, type Manifests } from './manifests.ts';
import { createReferrers, type Referrers } from './referrers.ts';
import { createTagPages, type TagPages } from './tag-page.ts';
import { createTags, type Tags } from './tags.ts';

/** One repository of a registry. Names and digests in its paths are checked before they get there. */
export interface Repository extends Manifests, Tags, Blobs, Referrers, BlobPassage, TagPages {
  /** The registry's host, as references name it. */
  readonly host: string;
  readonly name: string;
}

export function createRepository(context: RepositoryContext): Repository {
  const manifests = createManifests(context);
  return {
    host: context.host,
    name: context.name,
    ...manifests,
    ...createTags(context),
    ...createBlobs(context),
    ...createReferrers(context, manifests),
    ...createBlobPassage(context),
    ...createTagPages(context),
  };
}
