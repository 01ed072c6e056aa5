import * as z from 'zod';
import { version } from '../../../package.json';
import { limitOf } from '../rate-limit.ts';
import { problemAnswer } from './answers.ts';
import type { Answer, Operation } from './operation.ts';
import { PARAMETERS } from './parameters.ts';

type Json = Readonly<Record<string, unknown>>;

const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/**
 * Builds the document from the table of operations. Request bodies come from the schemas that parse them.
 *
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function buildDocument(operations: readonly Operation[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version,
      summary: 'Merges per-arch images, signs, verifies, and only then tags.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { securitySchemes: SECURITY, schemas: { Problem: schemaOf(problemAnswer, 'output') } },
  };
}

const SECURITY = {
  job: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "An ID token of GitHub Actions whose audience is the configuration's.",
  },
  sigstore: {
    type: 'apiKey',
    in: 'header',
    name: 'Sigstore-Token',
    description: 'An ID token of the same run whose audience is `sigstore`; lent for one certificate.',
  },
};

function describeOperation(operation: Operation): Json {
  const { area, summary, role, lends, body } = operation;
  return {
    tags: [area],
    summary,
    parameters: parametersOf(operation),
    ...(role ? { security: [{ job: [] }, ...(lends ? [{ job: [], sigstore: [] }] : [])], 'x-muster-role': role } : {}),
    ...(body ? { requestBody: { required: true, content: { [JSON_TYPE]: { schema: schemaOf(body, 'input') } } } } : {}),
    responses: responsesOf(operation),
  };
}

const known = new Map<string, Json>(Object.entries(PARAMETERS));

function parametersOf({ path, query = {} }: Operation): readonly Json[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  const inPath = names.map((name) => {
    return { name, in: 'path', required: true, ...(known.get(name) ?? { schema: { type: 'string' } }) };
  });
  const inQuery = Object.entries(query).map(([name, { required = false, schema, ...query }]) => {
    return { name, in: 'query', required, ...query, schema: schema ? schemaOf(schema, 'input') : { type: 'string' } };
  });
  return [...inPath, ...inQuery];
}

/** Each status with all that it may carry: an answer, and refusals by their codes. */
function responsesOf(operation: Operation): Json {
  const refusals = refusalsOf(operation);
  const statuses = new Set([...Object.keys(operation.answers), ...refusals.keys()].map(Number));
  const sorted = [...statuses].sort((a, b) => a - b);
  return Object.fromEntries(
    sorted.map((status) => [status, describeResponse(operation.answers[status], refusals.get(status) ?? [])]),
  );
}

/** The refusals of an operation, those included that any of its kind has. */
export function refusalsOf({
  method,
  path,
  role,
  body,
  refusals = {},
}: Operation): ReadonlyMap<number, readonly string[]> {
  const all = new Map<number, string[]>();
  const add = (status: number, codes: readonly string[]) => all.set(status, [...(all.get(status) ?? []), ...codes]);
  if (body) add(400, ['BODY_INVALID']);
  if (role) add(400, ['PROJECT_AMBIGUOUS']);
  if (role) add(401, ['TOKEN_INVALID', 'SIGSTORE_TOKEN_INVALID']);
  if (role) add(403, ['ROLE_REFUSED']);
  if (body) add(413, ['BODY_TOO_LARGE']);
  // The registry has a format of its own for it.
  const limit = role ? undefined : limitOf(method.toUpperCase(), path);
  if (limit && limit !== 'LIMIT_PULL') add(429, ['RATE_LIMITED']);
  for (const [status, codes] of Object.entries(refusals)) add(Number(status), codes);
  add(500, ['INTERNAL']);
  if (role) add(502, ['CHALLENGE_INVALID']);
  if (role) add(503, ['ISSUER_UNAVAILABLE', 'PEER_TIMEOUT', 'PEER_UNREACHABLE', 'PEER_BUSY', 'PEER_FAILED']);
  return all;
}

function describeResponse(answer: Answer | undefined, codes: readonly string[]): Json {
  const content: Record<string, Json> = {};
  if (answer?.schema) content[JSON_TYPE] = { schema: schemaOf(answer.schema, 'output') };
  for (const type of answer?.types ?? []) content[type] = {};
  if (codes.length > 0) content[PROBLEM_TYPE] = { schema: { $ref: '#/components/schemas/Problem' } };
  const refused = codes.length > 0 ? [`Refused: ${codes.map((code) => `\`${code}\``).join(', ')}.`] : [];
  return {
    description: [...(answer ? [answer.description] : []), ...refused].join(' '),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

/** A schema as JSON Schema: what is taken in, or what is given out. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
