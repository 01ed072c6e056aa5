import type { z } from 'zod';
import type { RoleName } from '../authenticate.ts';

/** One route with one method, as `/openapi.json` tells of it. */
export interface Operation {
  readonly method: 'get' | 'head' | 'post' | 'put' | 'delete';
  /** With `{name}` where Hono has `:name`. */
  readonly path: string;
  readonly area: 'CI' | 'Maintenance' | 'Verification' | 'Galleries' | 'Registry' | 'Service' | 'Pages';
  readonly summary: string;
  /** The role that the bearer token needs; absent: anybody may call. */
  readonly role?: RoleName;
  /** Whether a `Sigstore-Token` is of use. */
  readonly lends?: true;
  /** The schema that parses the body. */
  readonly body?: z.ZodType;
  readonly query?: Readonly<Record<string, Query>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** The refusals besides those which follow from `role` and `body`, by status. */
  readonly refusals?: Readonly<Record<number, readonly string[]>>;
}

export interface Query {
  readonly description: string;
  readonly required?: true;
  readonly example?: string;
  /** The schema that parses it; absent: any text. */
  readonly schema?: z.ZodType;
}

export interface Answer {
  readonly description: string;
  /** Of `application/json`; absent where the body is not JSON, or there is none. */
  readonly schema?: z.ZodType;
  /** Media types besides `application/json`, or instead of it where there is no schema. */
  readonly types?: readonly string[];
}
