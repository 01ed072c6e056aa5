import type { Now } from '../http.ts';
import type { Repository } from '../oci/repository.ts';
import { GalleryError } from './error.ts';

const HOUR_MS = 3_600_000;

/** Counts what public routes read from each registry, so that merges do not starve. */
export interface Budget {
  /** @throws {GalleryError} BUDGET_EXHAUSTED, until the hour is over */
  spend(host: string, requests: number): void;
}

/** An hourly budget per registry, of this isolate. */
export function createBudget(now: Now, requestsPerHour: number): Budget {
  const spent = new Map<string, { requests: number; until: number }>();
  return {
    spend: (host, requests) => {
      const at = now();
      const present = spent.get(host);
      const hour = present && present.until > at ? present : { requests: 0, until: at + HOUR_MS };
      if (hour.requests + requests > requestsPerHour)
        throw new GalleryError('BUDGET_EXHAUSTED', `public reads of ${host} are used up for this hour`, {
          retryAfterMs: hour.until - at,
        });
      spent.set(host, { ...hour, requests: hour.requests + requests });
    },
  };
}

/** A repository whose reads are counted. */
export function withBudget(repository: Repository, budget: Budget): Repository {
  const counted = async <Value>(requests: number, read: () => Promise<Value>): Promise<Value> => {
    budget.spend(repository.host, requests);
    return read();
  };
  return {
    ...repository,
    headManifest: (reference) => counted(1, () => repository.headManifest(reference)),
    pullManifest: (reference) => counted(1, () => repository.pullManifest(reference)),
    hasBlob: (digest) => counted(1, () => repository.hasBlob(digest)),
    pullBlob: (digest, maxBytes) => counted(1, () => repository.pullBlob(digest, maxBytes)),
    passBlob: (digest, range) => counted(1, () => repository.passBlob(digest, range)),
    pullTagPage: (query) => counted(1, () => repository.pullTagPage(query)),
    // The list and the fallback tag.
    listReferrers: (subject) => counted(2, () => repository.listReferrers(subject)),
  };
}
