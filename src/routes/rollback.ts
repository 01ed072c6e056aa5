import { Hono } from 'hono';
import * as z from 'zod';
import { lazily } from '../lib/lazily.ts';
import { rollbackTags } from '../lib/merge/tag-lock/rollback.ts';
import type { AppEnv } from './app-types.ts';
import { authenticate } from './authenticate.ts';
import { digest, parseBody, runId } from './parse.ts';
import { ProblemError } from './problem.ts';

const repository = z.string().max(255);
const tag = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'must be a tag');
const project = z.string().max(63).optional();

/** One tag, or every tag that a run moved. */
export const rollbackSchema = lazily(() =>
  z.union(
    [
      z.strictObject({ repository, tag, digest: digest.optional(), project }),
      z.strictObject({ run_id: runId, project }),
    ],
    'must have repository and tag, or run_id',
  ),
);

/** `POST /v1/tags/rollback`: the project's maintenance workflow takes back what was published. */
export const rollbackRoutes = new Hono<AppEnv>().post('/', async (c) => {
  const authenticated = await authenticate(c, 'maintain');
  const { project: name, ...request } = await parseBody(c, rollbackSchema);
  const { project } = authenticated.select(name);
  const tags = await rollbackTags(c.env, project, request);
  if (!tags) throw new ProblemError(404, 'RUN_UNKNOWN', 'nothing has arrived for this run');
  return c.json({ project: project.name, tags });
});
