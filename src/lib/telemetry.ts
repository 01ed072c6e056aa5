/** Where data points go: a dataset of Workers Analytics Engine. @see https://developers.cloudflare.com/analytics/analytics-engine/ */
export interface Dataset {
  writeDataPoint(point: { readonly indexes: string[]; readonly blobs: string[]; readonly doubles: number[] }): void;
}

/** Which merge an event is of. */
export interface MergeName {
  readonly project: string;
  readonly run_id: string;
  readonly run_attempt: number;
  readonly tag_suffix: string;
  readonly generation: number;
}

/** A step of a merge that began or ended. */
export interface StepEvent extends MergeName {
  readonly step: string;
  /** The repository; empty for a step of the merge as a whole. */
  readonly target: string;
  readonly state: 'running' | 'done' | 'failed';
  /** How long it took; absent where it began. */
  readonly ms?: number;
  readonly code?: string;
  /** In our own words: no token, no credential, no query string. */
  readonly problem?: string;
  readonly tries?: number;
  /** When it is tried again, in milliseconds from now; absent where it is not. */
  readonly retry_in_ms?: number;
}

/** A merge that rests: it is done, or waits for somebody. */
export interface RestEvent extends MergeName {
  readonly state: string;
  readonly code?: string;
  readonly problem?: string;
  /** Since its first leg arrived. */
  readonly ms: number;
}

/** A task of the cron trigger that ended. */
export interface TaskEvent {
  readonly cron: string;
  readonly task: string;
  readonly ok: boolean;
  readonly ms: number;
  /** What it did, as JSON. */
  readonly result?: string;
  readonly problem?: string;
}

/** A request that was answered; Workers' own logs have it already. */
export interface RequestEvent {
  readonly method: string;
  /** The route's pattern, without what a caller put into it. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** What an operator follows: lines of JSON in the log and, where a dataset is bound, data points. */
export interface Telemetry {
  step(event: StepEvent): void;
  rest(event: RestEvent): void;
  task(event: TaskEvent): void;
  request(event: RequestEvent): void;
}

type Log = Pick<Console, 'log' | 'warn' | 'error'>;

/** A data point's blobs, in their order; its double is how many milliseconds it took, its index the kind. */
interface Point {
  readonly kind: 'step' | 'merge' | 'task' | 'request';
  readonly project?: string;
  readonly name: string;
  readonly target?: string;
  readonly state: string;
  readonly code?: string | undefined;
  readonly ms: number;
}

/** @param dataset absent: there are log lines only */
export function createTelemetry(log: Log, dataset?: Dataset): Telemetry {
  const measure = ({ kind, project = '', name, target = '', state, code = '', ms }: Point) =>
    dataset?.writeDataPoint({ indexes: [kind], blobs: [kind, project, name, target, state, code], doubles: [ms] });
  return {
    step: ({ step, target, state, ...event }) => {
      const line = {
        at: 'step',
        state,
        ...describe(event),
        step,
        ...(target === '' ? {} : { target }),
        ...tell(event),
      };
      log[state === 'failed' ? levelOf(event) : 'log'](JSON.stringify(line));
      if (event.ms === undefined) return;
      measure({ kind: 'step', project: event.project, name: step, target, state, code: event.code, ms: event.ms });
    },
    rest: ({ state, ...event }) => {
      log[state === 'failed' ? 'error' : 'log'](
        JSON.stringify({ at: 'merge', state, ...describe(event), ...tell(event) }),
      );
      measure({ kind: 'merge', project: event.project, name: event.tag_suffix, state, code: event.code, ms: event.ms });
    },
    task: ({ cron, task, ok, ms, result, problem }) => {
      log[ok ? 'log' : 'error'](JSON.stringify({ at: 'task', task, ok, cron, ms, result, problem }));
      measure({ kind: 'task', name: task, state: ok ? 'done' : 'failed', ms });
    },
    request: ({ method, route, status, ms }) =>
      measure({ kind: 'request', name: `${method} ${route}`, state: String(status), ms }),
  };
}

/** What is tried again is a warning; what somebody has to mend, an error. */
function levelOf({ retry_in_ms }: Pick<StepEvent, 'retry_in_ms'>): 'warn' | 'error' {
  return retry_in_ms === undefined ? 'error' : 'warn';
}

function describe({ project, run_id, run_attempt, tag_suffix, generation }: MergeName) {
  return { project, run: run_id, attempt: run_attempt, suffix: tag_suffix, generation };
}

/** How it went, without what is absent. */
function tell({ ms, code, problem, tries, retry_in_ms }: Partial<StepEvent>) {
  return { ms, code, problem, tries, retry_in_ms };
}
