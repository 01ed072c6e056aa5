import { CodedError } from './error.ts';

/** What a Durable Object answers: RPC drops an error's own properties, so refusals travel as values. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: string; readonly detail: string; readonly retryAfterMs?: number };

/** Runs a method's work; a coded error becomes a tagged outcome, anything else stays an error. */
export async function settle<Value>(work: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message: detail, retryAfterMs } = error;
    return { ok: false, code, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
}

/** A refusal that came by RPC, thrown again here. */
export function unwrap<Value>(outcome: Outcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw new CodedError(outcome.code, outcome.detail, { retryAfterMs: outcome.retryAfterMs });
}
