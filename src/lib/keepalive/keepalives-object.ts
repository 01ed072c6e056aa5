import { DurableObject } from 'cloudflare:workers';
import { type Env, environmentOf } from '../environment.ts';
import { CodedError, messageOf } from '../error.ts';
import { HttpError, type HttpErrorCode } from '../http-error.ts';
import { mergeName, runIndexOf, runName } from '../runs/names.ts';
import type { RunStanding } from '../runs/types.ts';
import { reportCalls } from '../status/report-calls.ts';
import { Ledger, type LedgerAnchor } from './ledger.ts';
import { addFate, addRefusal, beginPass, type CleanupReport, endPass, type Fate, type Pass } from './pass.ts';
import { describeProblem } from './problem.ts';
import { createQuayApi, QUAY_HOST, type QuayApi } from './quay.ts';
import { type InFlight, RemovalLocks } from './removal-locks.ts';
import { anchorRepositories, rulesOf } from './rules.ts';
import { datePage, judgeTag, listPage, type SweepDeps } from './sweep.ts';
import type { Anchor } from './types.ts';

/** Tags judged in one call of the alarm, and side by side: calls are limited, and a registry is not to be rushed. */
const TAGS_PER_ALARM = 100;
const TAGS_AT_ONCE = 4;
/** A slice of work that was killed is gone on with after this long, in milliseconds. */
const WATCHDOG_MS = 15_000;
/** A registry that is busy is left alone for at least this long, in milliseconds. */
const REST_MS = 300_000;
/** What a registry says that is not well: no other tag would fare better. */
const UNWELL: ReadonlySet<unknown> = new Set<HttpErrorCode>(['PEER_BUSY', 'PEER_TIMEOUT', 'PEER_UNREACHABLE']);
/** As many refusals without a removal say the same. */
const MOST_REFUSALS = 8;

/** What the ledger of a repository says of itself. Times are milliseconds since the epoch. */
export interface KeepalivesView {
  /** Anchors in the ledger, those that are long gone included. */
  readonly ledger: number;
  /** The cleanup that is under way. */
  readonly running?: CleanupReport;
  readonly last?: CleanupReport;
  /** The registry asked for a pause until then. */
  readonly resting_until?: number;
}

/**
 * The ledger of every anchor that Muster made in one repository, and its cleanup.
 *
 * A cleanup goes on from where it was by the alarm, however it ended; each deletion is looked into again just before.
 */
export class KeepalivesObject extends DurableObject<Env> {
  readonly #ledger: Ledger;
  readonly #locks: RemovalLocks;
  #running = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#ledger = new Ledger(state.storage.sql);
    this.#locks = new RemovalLocks({
      load: () => state.storage.kv.get<InFlight>('in_flight') ?? {},
      store: (inFlight) => state.storage.kv.put('in_flight', inFlight),
    });
  }

  /** Hears of an anchor that is about to be made; answers once no removal of its tag is under way. */
  async add(anchor: Anchor): Promise<void> {
    const { caller, now } = environmentOf(this.env).services;
    this.#ledger.add(anchor, now());
    await this.#locks.wait(anchor.tag, caller);
  }

  /** Begins a cleanup, unless one is under way or the registry asked for a pause. @param repository full name */
  async sweep(repository: string): Promise<'started' | 'under way' | 'resting'> {
    const { kv } = this.ctx.storage;
    const { now } = environmentOf(this.env).services;
    kv.put('repository', repository);
    const pass = kv.get<Pass>('pass');
    if (!pass && (kv.get<number>('resting_until') ?? 0) > now()) return 'resting';
    if (!pass) kv.put('pass', beginPass(now()));
    if (!this.#running) await this.ctx.storage.setAlarm(now());
    return pass ? 'under way' : 'started';
  }

  view(): KeepalivesView {
    const { kv } = this.ctx.storage;
    const now = environmentOf(this.env).services.now();
    const pass = kv.get<Pass>('pass');
    const last = kv.get<CleanupReport>('last');
    const rest = kv.get<number>('resting_until') ?? 0;
    return {
      ledger: this.#ledger.count(),
      ...(pass ? { running: endPass(pass, now) } : {}),
      ...(last ? { last } : {}),
      ...(rest > now ? { resting_until: rest } : {}),
    };
  }

  override async alarm(): Promise<void> {
    const pass = this.ctx.storage.kv.get<Pass>('pass');
    if (!pass) return;
    await this.ctx.storage.setAlarm(environmentOf(this.env).services.now() + WATCHDOG_MS);
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#slice(pass);
    } finally {
      this.#running = false;
    }
  }

  /** A part of a cleanup, as large as one call of the alarm should be. */
  async #slice(begun: Pass): Promise<void> {
    const name = this.ctx.storage.kv.get<string>('repository') ?? '';
    const deps = this.#deps(name);
    if (!deps) return this.#end({ ...begun, problem: { code: 'NO_TARGET', detail: `${name} is not used any more` } });
    try {
      let pass = begun;
      if (pass.phase !== 'remove') {
        pass = pass.phase === 'list' ? await listPage(pass, deps) : await datePage(pass, deps);
        this.ctx.storage.kv.put('pass', pass);
      } else {
        const next = await this.#judgeSome(pass, deps);
        if (!next) return await this.#end(this.ctx.storage.kv.get<Pass>('pass') ?? pass);
      }
      await this.ctx.storage.setAlarm(deps.now());
    } catch (error) {
      await this.#fail(error, name);
    }
  }

  /** @returns whether there may be more */
  async #judgeSome(begun: Pass, deps: SweepDeps): Promise<boolean> {
    let pass = begun;
    const tags = this.#ledger.seenAfter(pass.cursor, TAGS_PER_ALARM);
    for (let at = 0; at < tags.length; at += TAGS_AT_ONCE) {
      const some = tags.slice(at, at + TAGS_AT_ONCE);
      const fates = await Promise.allSettled(some.map((tag) => judgeTag(tag, deps)));
      for (const [index, tag] of some.entries()) {
        const fate = fates[index];
        if (fate?.status === 'fulfilled') {
          pass = addFate(pass, tag, fate.value);
          tell(deps.name, tag, fate.value);
        } else {
          logUnexpected(fate?.reason);
          pass = addRefusal(pass, tag, describeProblem(fate?.reason, deps.name));
        }
      }
      this.ctx.storage.kv.put('pass', pass);
      const reasons = fates.flatMap((fate) => (fate.status === 'rejected' ? [fate.reason] : []));
      const unwell = reasons.find((reason) => UNWELL.has(reason?.code));
      if (unwell) throw unwell;
      if (reasons.length > 0 && (pass.refusals ?? 0) >= MOST_REFUSALS) throw reasons[0];
    }
    return tags.length === TAGS_PER_ALARM;
  }

  /** The registry takes nothing now: the cleanup ends, says why, and the next one tries again. */
  async #fail(error: unknown, name: string): Promise<void> {
    const { kv } = this.ctx.storage;
    const { now } = environmentOf(this.env).services;
    logUnexpected(error);
    if (error instanceof HttpError) kv.put('resting_until', now() + Math.max(REST_MS, error.retryAfterMs ?? 0));
    const pass = kv.get<Pass>('pass') ?? beginPass(now());
    await this.#end({ ...pass, problem: describeProblem(error, name) });
  }

  async #end(pass: Pass): Promise<void> {
    const { kv } = this.ctx.storage;
    const { config, now } = environmentOf(this.env).services;
    const report = endPass(pass, now());
    kv.put('last', report);
    kv.delete('pass');
    const { retentionMs } = rulesOf(config, kv.get<string>('repository') ?? '');
    // By then it is known which tags are there.
    if (pass.phase === 'remove') this.#ledger.prune(now() - retentionMs);
    console.log(JSON.stringify({ at: 'cleanup', repository: kv.get<string>('repository'), ...report }));
    await reportCalls(this.env);
    await this.ctx.storage.deleteAlarm();
  }

  /** Undefined where the repository holds no anchors any more, or may not be written to. */
  #deps(name: string): SweepDeps | undefined {
    const { services } = environmentOf(this.env);
    const repository = anchorRepositories(services).get(name);
    if (!repository) return undefined;
    const standings = new Map<string, Promise<RunStanding | null>>();
    let openRuns: Promise<string[]> | undefined;
    return {
      ledger: this.#ledger,
      repository,
      quay: this.#quay(name),
      rules: rulesOf(services.config, name),
      now: services.now,
      name,
      standingOfRun: ({ project, run_id }) => {
        const run = runName(project, run_id);
        const standing = standings.get(run) ?? Promise.resolve(this.env.RUNS.getByName(run).standing());
        standings.set(run, standing);
        return standing;
      },
      standingOfMerge: async ({ project, run_id, tag_suffix }: LedgerAnchor) =>
        this.env.MERGES.getByName(mergeName(project, run_id, tag_suffix)).standing(),
      openRuns: () => {
        openRuns ??= Promise.resolve(runIndexOf(this.env).openRuns()).then((runs) => runs.map(({ run_id }) => run_id));
        return openRuns;
      },
      alone: (tag, removal) => this.#locks.hold(tag, services.caller, removal),
    };
  }

  #quay(name: string): QuayApi | undefined {
    const { QUAY_TOKEN: token } = this.env;
    const { config, caller } = environmentOf(this.env).services;
    const [host, repository] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)];
    const origin = config.registries.find((registry) => registry.host === QUAY_HOST)?.origin;
    if (!token || host !== QUAY_HOST || origin === undefined) return undefined;
    return createQuayApi({ caller, origin, token, repository });
  }
}

function logUnexpected(error: unknown): void {
  if (!(error instanceof CodedError)) console.error(JSON.stringify({ at: 'cleanup', problem: messageOf(error) }));
}

/** A removal stands in the log, one line each. */
function tell(repository: string, tag: string, fate: Fate): void {
  if (fate.kind !== 'kept') console.log(JSON.stringify({ at: 'cleanup', repository, tag, [fate.kind]: fate.why }));
}
