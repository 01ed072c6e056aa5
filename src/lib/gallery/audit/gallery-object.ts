import { DurableObject } from 'cloudflare:workers';
import type { Config } from '../../config.ts';
import { type Env, environmentOf } from '../../environment.ts';
import { messageOf } from '../../error.ts';
import { sha256 } from '../../oci/digest.ts';
import type { Repository } from '../../oci/repository.ts';
import { type Outcome, settle } from '../../outcome.ts';
import { findPolicy, type NamedPolicy } from '../request.ts';
import { isOutdated } from './basis.ts';
import { AuditError } from './error.ts';
import { fetchGallery } from './fetch-gallery.ts';
import { MIN_INTERVAL_MS } from './interval.ts';
import { createOpener } from './open.ts';
import { publishableAudit, publishIndex } from './publish.ts';
import { stepAudit } from './runner.ts';
import { AuditStore } from './store.ts';
import { type GalleryQuery, selectAudits, viewGallery } from './view.ts';

/** After an error that nobody foresaw. */
const RETRY_MS = 60_000;

/** What a request for an audit came to. */
export interface Started {
  readonly state: 'started' | 'running' | 'too_soon';
  /** When it may be asked for again; milliseconds since the epoch. */
  readonly not_before?: number;
}

/** The gallery with what verified, and the SHA-256 of its text, hexadecimal. */
export interface VerifiedIndex {
  readonly yaml: string;
  readonly sha256: string;
}

/** What is configured of a gallery. */
interface Settings {
  readonly config: Config['galleries'][number];
  readonly policy: NamedPolicy;
  readonly now: () => number;
}

/** The audits of one gallery; named as the gallery is. */
export class GalleryObject extends DurableObject<Env> {
  readonly #store: AuditStore;
  #open: ((host: string, name: string) => Repository) | undefined;
  #index: { readonly key: string; readonly index: VerifiedIndex } | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#store = new AuditStore(state.storage.sql);
  }

  /**
   * Starts an audit unless one is under way, or the last began too short a while ago. An audit whose alarm was lost
   * goes on.
   *
   * @param minIntervalMs - between two beginnings; an hour at most where the last audit was under another policy, since
   *   nothing is published until the next
   */
  async start(gallery: string, minIntervalMs: number): Promise<Started> {
    const { now } = environmentOf(this.env).services;
    const [latest] = this.#store.audits();
    const isRunning = latest?.state === 'fetching' || latest?.state === 'checking';
    const intervalMs = this.#isOutdated(gallery) ? Math.min(minIntervalMs, MIN_INTERVAL_MS) : minIntervalMs;
    const soonest = (latest?.started_at ?? 0) + intervalMs;
    if (!isRunning && soonest > now()) return { state: 'too_soon', not_before: soonest };
    this.ctx.storage.kv.put('gallery', gallery);
    if (!isRunning) this.#store.begin(now());
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(now());
    return { state: isRunning ? 'running' : 'started' };
  }

  /** The last audit, and the one under way. */
  view(gallery: string, query: GalleryQuery): Promise<Outcome<object>> {
    return settle(async () => {
      const { config, policy, now } = this.#settings(gallery);
      return viewGallery({ gallery: config, policy, store: this.#store, now: now() }, query);
    });
  }

  /** The gallery with what verified in the last audit. */
  index(gallery: string): Promise<Outcome<VerifiedIndex>> {
    return settle(async () => {
      const { config, policy } = this.#settings(gallery);
      const audit = publishableAudit(this.#store, policy.policy);
      const key = [audit.id, policy.etag, config.on_failure].join(' ');
      if (this.#index?.key === key) return this.#index.index;
      const yaml = publishIndex(this.#store, audit, policy.policy, config.on_failure);
      const digest = await sha256(new TextEncoder().encode(yaml));
      const index = { yaml, sha256: digest.slice('sha256:'.length) };
      this.#index = { key, index };
      return index;
    });
  }

  /** Goes on with the audit; does a part of it, and sets the alarm for the next. */
  override async alarm(): Promise<void> {
    const gallery = this.ctx.storage.kv.get<string>('gallery') ?? '';
    const { now } = environmentOf(this.env).services;
    let next: number | undefined;
    try {
      next = await this.#step(gallery);
    } catch (error) {
      console.error(JSON.stringify({ at: 'gallery alarm', gallery, problem: messageOf(error) }));
      // A gallery that is configured no longer has nothing to go on with.
      next = error instanceof AuditError ? undefined : now() + RETRY_MS;
    }
    if (next !== undefined) await this.ctx.storage.setAlarm(next);
  }

  async #step(gallery: string): Promise<number | undefined> {
    const environment = environmentOf(this.env);
    const { services, publicRegistry, trust } = environment;
    const { config, policy, now } = this.#settings(gallery);
    this.#open ??= createOpener({
      config: services.config,
      publicRegistry,
      ownRepository: services.repository,
      now,
    });
    return stepAudit({
      config: services.config,
      store: this.#store,
      policy,
      fetchGallery: () => fetchGallery(services.caller, config.url),
      open: this.#open,
      trust,
      now,
    });
  }

  #isOutdated(gallery: string): boolean {
    const policy = this.#find(gallery)?.policy.policy;
    const { shown } = selectAudits(this.#store);
    return policy !== undefined && shown !== undefined && isOutdated(shown, policy);
  }

  /** @throws {AuditError} GALLERY_UNAVAILABLE where the gallery is configured no longer */
  #settings(name: string): Settings {
    const settings = this.#find(name);
    if (!settings) throw new AuditError('GALLERY_UNAVAILABLE', 'no gallery of that name is configured');
    return settings;
  }

  #find(name: string): Settings | undefined {
    const { services } = environmentOf(this.env);
    const config = services.config.galleries.find((gallery) => gallery.name === name);
    const policy = config && findPolicy(services.config, config.policy);
    return config && policy && { config, policy, now: services.now };
  }
}
