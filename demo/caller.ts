import { AUDIENCE } from './config.ts';
import type { DemoIssuer } from './issuer/issuer.ts';

const TIMEOUT_MS = 120_000;

/** An answer of the Worker; of NDJSON, its last line. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A step of a merge, as NDJSON tells it. */
export interface Step {
  readonly step: string;
  readonly state: string;
  readonly target?: string;
  readonly ms?: number;
  readonly detail?: string;
}

/** A call of a CI job. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
  /** The job's claims that differ from the issuer's; absent: a call without tokens. */
  readonly claims?: Readonly<Record<string, string>>;
  /** Told each step as it happens. */
  readonly onStep?: (step: Step) => void;
}

/** Calls the Worker as a CI job's `curl` does, with ID tokens of the issuer. */
export class Caller {
  readonly #url: string;
  readonly #issuer: DemoIssuer;

  constructor(url: string, issuer: DemoIssuer) {
    this.#url = url;
    this.#issuer = issuer;
  }

  /** The `curl` that makes the same call; its tokens stand in variables, as in a CI job. */
  curl({ method = 'GET', path, body, claims, onStep }: Call): string {
    const flags = [
      ...(method === 'GET' || (method === 'POST' && body) ? [] : [`-X ${method}`]),
      ...(claims ? ['-H "Authorization: Bearer $ID_TOKEN" -H "Sigstore-Token: $SIGSTORE_ID_TOKEN"'] : []),
      ...(onStep ? ["-H 'Accept: application/x-ndjson'"] : []),
      ...(body ? [`--json '${JSON.stringify(body)}'`] : []),
    ];
    return [`curl --fail-with-body '${this.#url}${path}'`, ...flags].join(' \\\n    ');
  }

  async call({ method = 'GET', path, body, claims, onStep }: Call): Promise<Answer> {
    const headers = {
      ...(claims ? await this.#authorize(claims) : {}),
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(onStep ? { Accept: 'application/x-ndjson' } : {}),
    };
    const response = await fetch(this.#url + path, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!onStep || !response.body || !response.headers.get('Content-Type')?.includes('ndjson')) {
      return { status: response.status, body: parseObject(await response.text()) };
    }
    return readSteps(response.body, onStep);
  }

  async #authorize(claims: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const whole = this.#issuer.claims(claims);
    const [bearer, sigstore] = await Promise.all(
      [AUDIENCE, 'sigstore'].map((audience) => this.#issuer.token(whole, audience)),
    );
    return { Authorization: `Bearer ${bearer}`, 'Sigstore-Token': String(sigstore) };
  }
}

/** Each line is a step, but the last: that is the answer, with its status. */
async function readSteps(stream: ReadableStream<Uint8Array>, onStep: (step: Step) => void): Promise<Answer> {
  const decoder = new TextDecoder();
  let rest = '';
  let last: Answer['body'] = {};
  const take = (line: string) => {
    const object = parseObject(line);
    if (typeof object.step === 'string') onStep(object as unknown as Step);
    else last = object;
  };
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  if (rest !== '') take(rest);
  const { status, ...body } = last;
  return { status: Number(status ?? 0), body };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}
