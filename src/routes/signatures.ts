import { Hono } from 'hono';
import * as z from 'zod';
import { lazily } from '../lib/lazily.ts';
import { resignRun } from '../lib/runs/resign-run.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { parseBody } from './parse.ts';

/** References by digest only: what a tag names may change between the request and the signature. */
export const signaturesSchema = lazily(() =>
  z.strictObject({
    refs: z
      .array(z.string().regex(/^[a-z0-9.:/_-]{3,255}@sha256:[0-9a-f]{64}$/, 'must be repository@sha256:…'))
      .min(1)
      .max(500),
    project: z.string().max(63).optional(),
  }),
);

/** `POST /v1/signatures`: the project's maintenance workflow signs what is already published. */
export const signatureRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const authenticated = await authenticate(c, 'maintain');
  const { project: name, refs } = await parseBody(c, signaturesSchema);
  const { project, subject, loan } = authenticated.select(name);
  const results = await resignRun({ project, run_id: subject.run_id, refs, loan }, c.env);
  const status = results.every(({ state }) => state === 'signed') ? 200 : 422;
  return c.json(
    { project: project.name, results, ...(status === 200 ? {} : { code: 'SIGNATURES_INCOMPLETE' }) },
    status,
  );
});
