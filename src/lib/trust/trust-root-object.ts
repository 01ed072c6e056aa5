import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import { type Outcome, settle } from '../outcome.ts';
import { TrustError } from './error.ts';
import { chooseInstance } from './instance.ts';
import { TrustKeeper, type TrustStatus } from './trust-keeper.ts';
import { type HeldDocuments, TrustStore } from './trust-store.ts';

/** The one client of a Sigstore instance's TUF repository: its metadata outlives evictions, so no version goes back. */
export class TrustRootObject extends DurableObject<Env> {
  readonly #store: TrustStore;
  #keeper: TrustKeeper | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#store = new TrustStore(state.storage);
  }

  /** What may be trusted now. */
  current(): Promise<Outcome<HeldDocuments>> {
    return settle(() => this.#keep().current());
  }

  /** For the cron: asks the mirror where that is due. */
  refresh(): Promise<Outcome<TrustStatus>> {
    return settle(() => this.#keep().refresh());
  }

  /** How it stands; asks nothing. */
  status(): Promise<Outcome<TrustStatus>> {
    return settle(async () => this.#keep().status());
  }

  #keep(): TrustKeeper {
    this.#keeper ??= this.#createKeeper();
    return this.#keeper;
  }

  #createKeeper(): TrustKeeper {
    const { config, caller } = environmentOf(this.env).services;
    const instance = chooseInstance(config.sigstore);
    if (instance.kind !== 'tuf')
      throw new TrustError('TRUST_ROOT_UNAVAILABLE', 'the documents stand in the configuration');
    return new TrustKeeper({ instance, store: this.#store, caller, later: (work) => this.ctx.waitUntil(work) });
  }
}
