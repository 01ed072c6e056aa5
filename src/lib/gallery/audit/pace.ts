/** How a registry behaves in an audit. Times are milliseconds since the epoch. */
export interface HostState {
  readonly pausedUntil: number;
  /** In a row. */
  readonly failures: number;
  /** Pauses in a row, none of which helped. */
  readonly pauses: number;
  /** Whether it ever gave an answer in this audit. */
  readonly answered: boolean;
}

export const FRESH_HOST: HostState = { pausedUntil: 0, failures: 0, pauses: 0, answered: false };

/** Failures in a row after which a registry is left alone for a while. */
const MAX_FAILURES = 3;
const FIRST_PAUSE_MS = 15_000;
const MAX_PAUSE_MS = 600_000;
/** A registry that answered may come back; one that never did is more likely not there. */
const PAUSES = { answered: 8, silent: 2 };
/** Where a registry asks for patience without a time. */
const BUSY_MS = 60_000;
const MAX_BUSY_MS = 6 * 3_600_000;

export function afterAnswer(state: HostState): HostState {
  return { ...state, failures: 0, pauses: 0, answered: true };
}

/** After a failure: a pause when it was one too many, each longer than the one before. */
export function afterFailure(state: HostState, now: number): HostState {
  const failures = state.failures + 1;
  if (failures < MAX_FAILURES) return { ...state, failures };
  const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 4 ** state.pauses);
  return { ...state, failures: 0, pauses: state.pauses + 1, pausedUntil: now + pause };
}

/** After `429`, or when our own budget for the registry is used up. */
export function afterBusy(state: HostState, now: number, retryAfterMs: number | undefined): HostState {
  return { ...state, pausedUntil: now + Math.min(MAX_BUSY_MS, Math.max(1_000, retryAfterMs ?? BUSY_MS)) };
}

/** Whether to wait for a registry no longer. */
export function isGivenUp({ pauses, answered }: HostState): boolean {
  return pauses > (answered ? PAUSES.answered : PAUSES.silent);
}
