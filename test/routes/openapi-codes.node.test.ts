import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { refusalsOf } from '../../src/routes/openapi/document.ts';
import { OPERATIONS } from '../../src/routes/openapi/operations.ts';

const folder = fileURLToPath(new URL('../../src/routes', import.meta.url).href);
/** For what has no route. */
const NOWHERE = ['404 NOT_FOUND', '405 METHOD_NOT_ALLOWED'];
/** The rules of a preview are its caller's, those of a configuration the operator's. */
const PREVIEW = ['400 TAG_RULE_INVALID', '400 LABEL_INVALID'];

const routes = readdirSync(folder)
  .filter((file) => /\.tsx?$/.test(file) && file !== 'registry-error.ts')
  .map((file) => readFileSync(`${folder}/${file}`, 'utf8'));

/** `new ProblemError(400, 'CODE'` and `renderProblem(c, 400, 'CODE'`, and the pairs of a table: `CODE: 400`. */
const thrown = routes.flatMap((text) => [
  ...text.matchAll(/(?:ProblemError\(|renderProblem\(c,)\s*(\d{3}),\s*'([A-Z_]+)'/g),
]);
const tabled = routes.flatMap((text) => [...text.matchAll(/^ {2}([A-Z_]+): (\d{3}),$/gm)]);
const written = new Set([
  ...thrown.map(([, status, code]) => `${status} ${code}`),
  ...tabled.map(([, code, status]) => `${status} ${code}`),
]);

const announced = new Set(
  OPERATIONS.flatMap((operation) =>
    [...refusalsOf(operation)].flatMap(([status, codes]) => codes.map((code) => `${status} ${code}`)),
  ),
);

describe('the refusals of /openapi.json', () => {
  it('are all that a route throws, with its status', () => {
    const missing = thrown.map(([, status, code]) => `${status} ${code}`).filter((one) => !announced.has(one));
    expect(missing.filter((one) => !NOWHERE.includes(one))).toEqual([]);
  });
  it('have the status that the code has', () => {
    // 502 is the status of every code that no table has: a peer's.
    const known = [...announced].filter((one) => !one.startsWith('502 ') && !PREVIEW.includes(one));
    const wrong = known.filter((one) => !written.has(one));
    expect(wrong).toEqual([]);
  });
});
