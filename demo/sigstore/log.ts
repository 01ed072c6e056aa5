import type { Handler } from '../handler.ts';

/** A transparency log. */
export interface DemoLog {
  /** Answers the log's own paths. */
  readonly fetch: Handler;
  /** How a trusted root names it: protobuf's JSON of a TransparencyLogInstance. */
  readonly instance: object;
}

/** Where a log is, and what it is told. */
export interface LogOptions {
  /** The log's URL; its host name is the name under which checkpoints are signed. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told once for each entry that was added. */
  readonly onEntry: () => void;
}

/** The time from which the services count as valid: long before anything that a test or a demo signs. */
export const VALID_FROM = '2020-01-01T00:00:00Z';
