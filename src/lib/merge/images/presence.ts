import type { Digest } from '../../oci/digest.ts';
import type { Repository } from '../../oci/repository.ts';
import { nameOf } from './source.ts';

/** The manifests that a stretch of work has seen, so that none is looked for twice. In memory only: they may be gone later. */
export class Presence {
  readonly #seen = new Set<string>();

  add(repository: Repository, digest: Digest): void {
    this.#seen.add(`${nameOf(repository)}@${digest}`);
  }

  has(repository: Repository, digest: Digest): boolean {
    return this.#seen.has(`${nameOf(repository)}@${digest}`);
  }

  clear(): void {
    this.#seen.clear();
  }
}
