import type { Stack } from './stack.ts';
import { AUDIENCE, type Worker } from './worker.ts';

/** A per-arch image, as a build job reports it. */
export interface Leg {
  readonly platform_tag: string;
  readonly digest: string;
}

/** Claims that differ from those of a push to master in backend_merge.yml. */
export type Claims = Readonly<Record<string, string>>;

/** An answer: its status, and its JSON body as text and as an object. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What CI's `curl` sends. */
export interface Caller {
  /** `POST /v1/arrivals` */
  arrive(tagSuffix: string, leg: Leg, expect: readonly string[], claims: Claims): Promise<Answer>;
  /** `POST /v1/runs/localai/:run_id/finish`; the run is the claims' `run_id`. */
  finish(tagSuffixes: readonly string[], claims: Claims): Promise<Answer>;
  /** `GET /v1/merges/localai/:run_id/:tag_suffix` */
  merge(runId: string, tagSuffix: string): Promise<Answer>;
}

const TIMEOUT_MS = 300_000;

/** Makes the calls of a run's jobs, with tokens of the stack's issuer. */
export function createCaller(stack: Stack, worker: Pick<Worker, 'url'>): Caller {
  const post = async (path: string, claims: Claims, body: object): Promise<Answer> => {
    const [bearer, sigstore] = await Promise.all(
      [AUDIENCE, 'sigstore'].map((aud) => pullToken(stack, { ...claims, aud })),
    );
    const response = await fetch(worker.url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'sigstore-token': String(sigstore),
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return readAnswer(response);
  };
  return {
    arrive: (tag_suffix, leg, expect, claims) => post('/v1/arrivals', claims, { tag_suffix, ...leg, expect }),
    finish: (tag_suffixes, claims) => post(`/v1/runs/localai/${claims.run_id}/finish`, claims, { tag_suffixes }),
    merge: async (runId, tagSuffix) => readAnswer(await fetch(`${worker.url}/v1/merges/localai/${runId}/${tagSuffix}`)),
  };
}

/** An ID token of the stack's issuer. */
export async function pullToken(stack: Stack, claims: Claims): Promise<string> {
  const response = await fetch(`${stack.oidc}/token?${new URLSearchParams(claims)}`);
  return response.text();
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  const body: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, text, body: body as Answer['body'] };
}

/** An answer in a line, for a case's detail. */
export function describe({ status, text }: Answer): string {
  return `${status} ${text.slice(0, 400)}`;
}
