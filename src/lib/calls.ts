import { AsyncLocalStorage } from 'node:async_hooks';
import { type Caller, createGate, type Gate, type Now } from './http.ts';
import { HttpError } from './http-error.ts';

/** Calls of one invocation that may wait for their headers at a time; the platform queues the seventh, its clock running. */
const WAITING_AT_ONCE = 6;
/** Of these, those to one host: one that hangs leaves room for the others. */
const WAITING_AT_A_HOST = 4;

/** What one invocation may do. */
export interface CallLimits {
  /** Calls in all, each retry counted. */
  readonly calls: number;
  /** When the last one may begin, milliseconds since the epoch. */
  readonly until: number;
}

/** A stretch of work in one invocation. */
export interface Stretch {
  /** Whether a call was refused: what is left waits for the next stretch. */
  readonly isSpent: boolean;
}

interface Counter {
  left: number;
  isSpent: boolean;
  readonly until: number;
  readonly gates: Gates;
}

/** The gate of an invocation, and before it one for each host that is called. */
interface Gates {
  readonly all: Gate;
  readonly hosts: Map<string, Gate>;
}

const current = new AsyncLocalStorage<Counter>();

/**
 * Does work within the limits of one invocation; what it leaves running counts too. An invocation has gates of its own:
 * one that the platform ends in the middle of its calls would never free a gate that others share. A stretch within
 * another is in the same invocation, and shares its gates.
 *
 * @see https://developers.cloudflare.com/workers/platform/limits/#subrequests
 * @see https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections
 */
export function withinLimits<Value>(limits: CallLimits, work: (stretch: Stretch) => Promise<Value>): Promise<Value> {
  const { calls: left, until } = limits;
  const gates = current.getStore()?.gates ?? { all: createGate(WAITING_AT_ONCE), hosts: new Map() };
  const counter = { left, until, isSpent: false, gates };
  return current.run(counter, () => work(counter));
}

/** Does the work of an invocation whose calls are few, or cannot go on later: only those that wait at a time are limited. */
export function withinGate<Value>(work: () => Promise<Value>): Promise<Value> {
  return withinLimits({ calls: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY }, work);
}

/**
 * Lets a call begin when it is its turn. Outside of {@link withinLimits} and {@link withinGate} each begins at once.
 *
 * @throws {HttpError} CALLS_SPENT where the invocation may make no more; nothing was sent then
 */
export function createTurn(now: Now): NonNullable<Caller['turn']> {
  return async (origin, send) => {
    const counter = current.getStore();
    if (!counter) return send();
    return throughGates(counter.gates, origin, () => {
      if (counter.left <= 0 || now() >= counter.until) {
        counter.isSpent = true;
        const detail = 'this invocation has made all the calls it may; the merge goes on by an alarm';
        throw new HttpError('CALLS_SPENT', detail);
      }
      counter.left -= 1;
      return send();
    });
  };
}

function throughGates<Value>({ all, hosts }: Gates, origin: string, work: () => Promise<Value>): Promise<Value> {
  const ofHost = hosts.get(origin) ?? createGate(WAITING_AT_A_HOST);
  hosts.set(origin, ofHost);
  return ofHost(() => all(work));
}
