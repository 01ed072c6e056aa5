import type { Config } from '../config.ts';
import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import type { KeepalivesView } from '../keepalive/keepalives-object.ts';
import { keepalivesOf } from '../keepalive/names.ts';
import type { CleanupReport } from '../keepalive/pass.ts';
import { anchorRepositories } from '../keepalive/rules.ts';
import { runIndexOf } from '../runs/names.ts';
import type { TaskResult } from '../runs/run-index.ts';
import { chooseInstance, nameOfInstance } from '../trust/instance.ts';
import { ratesOf } from './calls.ts';
import { reportCalls } from './report-calls.ts';

/** Overdue merges that are named; all are counted. */
const MAX_NAMED = 100;
const HOUR_MS = 3_600_000;

/** Everything about this Muster that its operator should know, from what its objects keep; no registry is asked. */
export async function gatherStatus(env: Env) {
  const { services } = environmentOf(env);
  const names = [...anchorRepositories(services).keys()];
  await reportCalls(env);
  const [{ runs, tasks, calls }, trust_root, keepalives] = await Promise.all([
    runIndexOf(env).overview(),
    gatherTrust(env, services.config, services.now()),
    Promise.all(names.map((name) => gatherCleanup(env, name))),
  ]);
  return {
    at: iso(services.now()),
    trust_root,
    tasks: tasks.map(viewTask),
    serves: describeConfig(services.config),
    runs: { kept: runs.runs, open: runs.open, recent: runs.recent.map((run) => ({ ...run, at: iso(run.at) })) },
    merges: runs.merges,
    overdue: { count: runs.overdue.length, merges: runs.overdue.slice(0, MAX_NAMED) },
    keepalives,
    registries: services.config.registries
      .filter(({ host }) => isUsed(services.config, host))
      .map(({ host }) => ({
        host,
        problems: runs.problems[host] ?? {},
        last_hour: ratesOf(calls, host, services.now() - HOUR_MS),
        last_day: ratesOf(calls, host, services.now() - 24 * HOUR_MS),
      })),
  };
}

/** What this Muster is for; all of it is named by other public answers too. */
function describeConfig({ projects, policies, galleries }: Config) {
  return {
    projects: projects.map(({ name, repository, policy, targets }) => {
      return { name, repository, policy, targets: targets.map((target) => target.repository) };
    }),
    policies: policies.flatMap(({ name }) => name ?? []),
    galleries: galleries.map(({ name, policy }) => ({ name, policy })),
  };
}

/** A problem here is a part of the answer: the rest still tells something. */
async function gatherTrust(env: Env, config: Config, now: number) {
  try {
    const instance = chooseInstance(config.sigstore);
    if (instance.kind === 'documents') return { source: 'configuration' };
    const outcome = await env.TRUST_ROOT.getByName(nameOfInstance(instance)).status();
    if (!outcome.ok) return { problem: outcome.detail };
    const { mirror, source, fetched_at, expires_at, attempt } = outcome.value;
    return {
      mirror,
      source,
      fetched_at: iso(fetched_at),
      age_seconds: fetched_at === undefined ? undefined : Math.round((now - fetched_at) / 1000),
      expires_at: iso(expires_at),
      expired: expires_at === undefined ? undefined : expires_at <= now,
      problem: attempt?.problem,
    };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

async function gatherCleanup(env: Env, repository: string) {
  try {
    return { repository, ...viewCleanup(await keepalivesOf(env, repository).view()) };
  } catch (error) {
    return { repository, problem: { code: 'INTERNAL', detail: messageOf(error) } };
  }
}

function viewCleanup({ ledger, running, last, resting_until }: KeepalivesView) {
  const problem = running?.problem ?? last?.problem;
  return {
    ledger,
    orphans: last ? orphansOf(last) : undefined,
    running: running && viewReport(running),
    last: last && viewReport(last),
    resting_until: iso(resting_until),
    problem,
  };
}

/** Anchors that no cleanup removes as things stand: somebody else's, or overwritten by somebody. */
function orphansOf({ kept }: CleanupReport): number {
  return (kept.foreign ?? 0) + (kept.changed ?? 0);
}

function viewReport({ started_at, ended_at, problem: _, ...report }: CleanupReport) {
  return { started_at: iso(started_at), ended_at: iso(ended_at), ...report };
}

function viewTask({ at, result, ...task }: TaskResult) {
  return { ...task, at: iso(at), result: result === undefined ? undefined : (JSON.parse(result) as unknown) };
}

function isUsed(config: Config, host: string): boolean {
  const places = config.projects.flatMap(({ targets }) =>
    targets.flatMap(({ repository, source }) => [repository, source]),
  );
  return places.some((place) => place?.startsWith(`${host}/`));
}

function iso(ms: number): string;
function iso(ms: number | undefined): string | undefined;
function iso(ms: number | undefined): string | undefined {
  return ms === undefined || !Number.isFinite(ms) ? undefined : new Date(ms).toISOString();
}
