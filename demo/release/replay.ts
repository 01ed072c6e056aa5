import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Call, Caller } from '../caller.ts';
import { RegistryClient } from '../client.ts';
import { BACKENDS, BUILD } from '../config.ts';
import { WORKFLOWS } from '../issuer/claims.ts';
import type { DemoStack } from '../stack.ts';
import { type PlanEntry, type ReleaseMerge, shardsOf } from './matrix.ts';

/** Pushes that run side by side, for each registry. */
const PUSHES_AT_ONCE = 8;
/** Build jobs that end at about the same time. */
const REPORTS_AT_ONCE = 16;
/** For how long a job asks again, as the action does, and after which pause, in milliseconds. */
const PATIENCE_MS = 1_800_000;
const PAUSE_MS = 2_000;

const MATRIX_JOB = { job_workflow_ref: `${WORKFLOWS}/backend.yml@refs/heads/master` };
const BUILD_JOB = { job_workflow_ref: `${BUILD}@refs/heads/master` };

/** A Worker to which a release is reported. */
export interface ReplayOptions {
  readonly stack: Pick<DemoStack, 'issuer' | 'registries'>;
  /** The Worker's URL; it knows `stack.musterConfig()`. */
  readonly url: string;
  readonly run_id: string;
  /** Default `localai`. */
  readonly project?: string;
  /** Told how long each call took, in milliseconds, with its retries. */
  readonly observe?: (path: string, ms: number) => void;
}

/** One release of LocalAI's backends, as its CI jobs would send it. */
export class Release {
  readonly #options: ReplayOptions;
  readonly #caller: Caller;
  readonly clients: readonly RegistryClient[];
  readonly merges: readonly ReleaseMerge[];

  constructor(merges: readonly ReleaseMerge[], options: ReplayOptions) {
    this.merges = merges;
    this.#options = options;
    this.#caller = new Caller(options.url, options.stack.issuer);
    this.clients = options.stack.registries.map((registry) => new RegistryClient(registry));
  }

  /** Pushes every leg by digest to both registries, as LocalAI's builds do. */
  async push(): Promise<void> {
    const images = this.merges.flatMap(({ legs }) => legs.map(({ image }) => image));
    await Promise.all(
      this.clients.map((client) => each(images, PUSHES_AT_ONCE, (image) => client.pushImage(BACKENDS, image))),
    );
  }

  /** The matrix job's call. */
  plan(merges: readonly PlanEntry[]): Promise<Answer> {
    const call = { method: 'PUT', path: `${this.#path()}/plan`, claims: MATRIX_JOB, body: { merges } } as const;
    return this.#call(call);
  }

  /** The build jobs' calls, one a leg, each with its own tokens. */
  report(): Promise<readonly Answer[]> {
    const legs = this.merges.flatMap((merge) => merge.legs);
    return each(legs, REPORTS_AT_ONCE, ({ tag_suffix, platform_tag, image }) => {
      const body = { tag_suffix, platform_tag, digest: image.digest, project: this.#project() };
      return this.#call({ method: 'POST', path: '/v1/arrivals', claims: BUILD_JOB, body });
    });
  }

  /** The finishing jobs' calls, side by side: five for the whole release. */
  finish(): Promise<readonly Answer[]> {
    const path = `${this.#path()}/finish`;
    return Promise.all(
      shardsOf(this.merges).map((tag_suffixes) =>
        this.#call({ method: 'POST', path, claims: {}, body: { tag_suffixes } }),
      ),
    );
  }

  /** `GET /v1/runs/PROJECT/RUN_ID` */
  view(): Promise<Answer> {
    return this.#caller.call({ path: this.#path() });
  }

  #project(): string {
    return this.#options.project ?? 'localai';
  }

  #path(): string {
    return `/v1/runs/${this.#project()}/${this.#options.run_id}`;
  }

  async #call(call: Call): Promise<Answer> {
    const begun = performance.now();
    const answer = await this.#callPatiently(call);
    this.#options.observe?.(call.path, performance.now() - begun);
    return answer;
  }

  async #callPatiently({ claims, ...call }: Call): Promise<Answer> {
    const send = () => this.#caller.call({ ...call, claims: { run_id: this.#options.run_id, ...claims } });
    for (const until = Date.now() + PATIENCE_MS; ; await sleep(PAUSE_MS)) {
      const answer = await send();
      if (answer.status !== 503 || Date.now() > until) return answer;
    }
  }
}

/** Works on all of a list, in its order, so many at a time. */
async function each<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
