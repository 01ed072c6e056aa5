import { DurableObject } from 'cloudflare:workers';
import { type Env, type Environment, environmentOf } from '../../environment.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { type Outcome, settle } from '../../outcome.ts';
import { PullThroughError } from './error.ts';
import { type Admission, type Flaw, Gatekeeper } from './gatekeeper.ts';
import { placeOf } from './place.ts';
import { VerifiedStore } from './store.ts';
import { openUpstream } from './upstream.ts';

/** What the pull-through has verified of one repository; named `host/name`. */
export class RepositoryObject extends DurableObject<Env> {
  readonly #store: VerifiedStore;
  #gatekeeper: Gatekeeper | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#store = new VerifiedStore(state.storage.sql);
  }

  /** Whether the manifest that a tag or digest names may be served, and the manifest. */
  admit(repository: string, reference: string): Promise<Outcome<Admission>> {
    return settle(async () => {
      const admission = await this.#keeper(repository).admit(reference);
      if (admission.admitted && admission.flaw) logFlaw(repository, reference, admission.flaw);
      return admission;
    });
  }

  /** The size of a blob that may be served, in bytes. */
  admitBlob(repository: string, digest: Digest): Promise<Outcome<number>> {
    return settle(() => this.#keeper(repository).admitBlob(digest));
  }

  /** Who refers to a manifest that may be served. */
  referrersOf(repository: string, subject: Digest): Promise<Outcome<readonly Descriptor[] | Flaw>> {
    return settle(() => this.#keeper(repository).referrersOf(subject));
  }

  #keeper(repository: string): Gatekeeper {
    this.#gatekeeper ??= this.#createKeeper(environmentOf(this.env), repository);
    return this.#gatekeeper;
  }

  #createKeeper(
    { services, trust, publicRegistry, publicTarget, publicBudget }: Environment,
    repository: string,
  ): Gatekeeper {
    const place = placeOf(services.config, repository);
    if (!place) throw new PullThroughError('NAME_UNKNOWN', 'no project publishes to this repository');
    const options = { publicRegistry, ownRepository: publicTarget, budget: publicBudget };
    return new Gatekeeper({
      repository: openUpstream(options, place),
      policies: place.policies,
      warnOnly: place.warnOnly,
      isPublic: place.isPublic,
      trust,
      store: this.#store,
      now: services.now,
    });
  }
}

/** What a policy that only warns lets through is to be seen. */
function logFlaw(repository: string, reference: string, flaw: Flaw): void {
  console.warn(JSON.stringify({ at: 'pull-through', repository, reference, ...flaw }));
}
