import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';
import { gatherStatus } from '../../lib/status/gather.ts';
import type { AppEnv } from '../app-types.ts';
import { pullGallery } from '../galleries.ts';
import { findMerge, unknownMerge } from '../merges.ts';
import { galleryAnswer } from '../openapi/galleries.ts';
import { parseSuffixSegment } from '../parse.ts';
import { describeError } from '../problem.ts';
import { findRun, pullRun } from '../runs.ts';
import type { Verifier } from '../verifier.ts';
import { renderProblemPage } from './fallback.ts';
import { galleryPage } from './gallery.tsx';
import { homePage } from './home.tsx';
import { renderPage } from './layout.tsx';
import { mergePage } from './merge.tsx';
import { findPlanned, plannedPage } from './planned.tsx';
import { referencePage } from './reference.tsx';
import { runPage } from './run.tsx';
import { type VerifyOutcome, verifyPage } from './verify.tsx';
import type { VerifyQuestion } from './verify-form.tsx';

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

/** What is not known is as if nobody had asked. */
const filterSchema = lazily(() =>
  z.object({
    suffix: z.string().max(80).catch(''),
    state: z.enum(['published', 'merging', 'waiting', 'attention', 'aside']).optional().catch(undefined),
  }),
);

/** What people see. Each page makes the call that its JSON route makes, and renders the answer. */
export function pageRoutes(verifier: Verifier): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
    .get('/', async (c) => renderPage(c, homePage(await gatherStatus(c.env))))
    .get('/runs/:project/:run_id', async (c) => {
      const run = await pullRun(c.env, c.req.param());
      const { suffix, state: group } = filterSchema.parse(c.req.query());
      const { oidc, projects } = c.get('environment').services.config;
      const repository = projects.find(({ name }) => name === run.project)?.repository;
      const isGithub = oidc.issuer === GITHUB_ISSUER && repository !== undefined;
      const url = isGithub ? `https://github.com/${repository}/actions/runs/${run.run_id}` : undefined;
      return renderPage(c, runPage({ run, filter: { suffix, group }, url }));
    })
    .get('/merges/:project/:run_id/:tag_suffix', async (c) => {
      const path = c.req.param();
      const { config, now } = c.get('environment').services;
      const merge = await findMerge(c.env, path);
      if (merge) return renderPage(c, mergePage({ merge, config, now: now() }));
      const run = await findRun(c.env, path);
      const planned = run && findPlanned(run, parseSuffixSegment(path.tag_suffix));
      if (!run || !planned) throw unknownMerge();
      return renderPage(c, plannedPage(run, planned));
    })
    .get('/verify', async (c) => {
      const policies = c.get('environment').services.config.policies.flatMap(({ name }) => name ?? []);
      const { ref = '', platform = '', policy = policies[0] ?? '' } = c.req.query();
      const question = { ref: ref.trim(), platform, policy };
      const outcome = question.ref === '' ? undefined : await judge(c, verifier, question);
      return renderPage(c, verifyPage({ question, policies, outcome }));
    })
    .get('/galleries/:name', async (c) => {
      // A form sends what was left empty, too.
      const question = Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ''));
      const gallery = galleryAnswer.parse(
        await pullGallery(c, c.req.param('name'), { order: 'attention', ...question }),
      );
      return renderPage(c, galleryPage({ gallery, question }));
    })
    .get('/reference', (c) => renderPage(c, referencePage()));
  return routes.onError((error, c) => renderProblemPage(c, describeError(error, c.req.path)));
}

/** A refusal to judge is an answer to the form, beside what was asked. */
async function judge(
  c: Context<AppEnv>,
  verifier: Verifier,
  { ref, platform, policy }: VerifyQuestion,
): Promise<VerifyOutcome> {
  try {
    return { verdict: (await verifier.image(c, ref, { platform, policy })).body };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { problem: describeError(error, c.req.path) };
  }
}
