import { count, formatAge, joinWords, shortRef } from './format.ts';
import { Anchors, Registries, type Status, Tasks, TrustedRoot } from './health.tsx';
import type { Page } from './layout.tsx';
import { queryOf, runPath } from './links.ts';
import { Bar, State, Time, Verdict } from './parts.tsx';
import { GROUPS, groupCounts } from './states.ts';
import { VerifyForm } from './verify-form.tsx';

/** How often the overview is asked for again, in seconds. */
const POLL_S = 30;

/** What this Muster does, and its health. */
export function homePage(status: Status): Page {
  const { policies } = status.serves;
  return {
    title: 'Overview',
    area: '/',
    pollS: POLL_S,
    body: (
      <>
        <h1>Only what passes muster is published.</h1>
        <p class="lead">
          Build jobs report the per-arch images they have pushed. When a set is complete, this Muster merges it, signs
          it, verifies the signature in each registry as a client would, and only then lets a tag point at it.
        </p>
        <div id="health" data-live>
          <Health status={status} />
        </div>
        <h2>May this image be installed?</h2>
        <VerifyForm question={{ ref: '', platform: '', policy: policies[0] ?? '' }} policies={policies} />
        <h2>Recent runs</h2>
        <div id="recent" data-live>
          <RecentRuns status={status} />
        </div>
        <div class="split" id="parts" data-live>
          <section>
            <TrustedRoot status={status} />
            <Registries status={status} />
          </section>
          <section>
            <Tasks status={status} />
            <Anchors status={status} />
          </section>
        </div>
        <Projects status={status} />
      </>
    ),
  };
}

/** Something that an operator should look at, and the page that has it. */
interface Concern {
  /** A sentence. */
  readonly said: string;
  readonly path?: string;
}

/** What an operator should look at; empty where everything is as it should be. */
export function problemsOf(status: Status): readonly Concern[] {
  const { trust_root: trust, tasks, keepalives, registries } = status;
  const general = [
    ...('expired' in trust && trust.expired
      ? ['The trusted root has expired: nothing is verified, so nothing is tagged.']
      : []),
    ...('problem' in trust && trust.problem ? [`The trusted root could not be refreshed: ${trust.problem}.`] : []),
    ...tasks.flatMap(({ name, ok, problem }) => (ok ? [] : [`The scheduled task ${name} failed: ${problem}.`])),
    ...keepalives.flatMap(({ repository, problem }) =>
      problem ? [`Anchors in ${repository} cannot be cleaned up: ${problem.detail}.`] : [],
    ),
    ...registries.flatMap(({ host, problems }) => describeRefusals(host, problems)),
  ];
  return [...general.map((said) => ({ said })), ...describeNeedy(status)];
}

/** Merges that nothing but somebody's attention brings on, by run; the overdue ones are among them. */
function describeNeedy({ runs, merges, overdue }: Status): Concern[] {
  const recent = runs.recent.map((run) => ({ run, needy: groupCounts(run.merges, run.overdue).attention }));
  const older = {
    needy: groupCounts(merges, overdue.count).attention - sum(recent.map(({ needy }) => needy)),
    overdue: overdue.count - sum(runs.recent.map((run) => run.overdue)),
  };
  return [
    ...recent
      .filter(({ needy }) => needy > 0)
      .map(({ run, needy }) => ({
        said: sayNeedy(run.ref === null ? `run ${run.run_id}` : shortRef(run.ref), needy, run.overdue),
        path: runPath(run.project, run.run_id) + queryOf({ state: 'attention' }),
      })),
    ...(older.needy > 0 ? [{ said: sayNeedy('older runs', older.needy, older.overdue) }] : []),
  ];
}

function sayNeedy(place: string, needy: number, overdue: number): string {
  const late = overdue === needy ? ':' : `; for ${overdue} of them`;
  const reason = overdue === 0 ? '' : `${late} a build job has not reported in time`;
  return `${count(needy, 'merge')} of ${place} ${needy === 1 ? 'needs' : 'need'} attention${reason}.`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((before, number) => before + number, 0);
}

function describeRefusals(host: string, problems: Readonly<Record<string, number>>): string[] {
  const codes = Object.entries(problems).map(([code, number]) => `${code} for ${count(number, 'merge')}`);
  return codes.length === 0 ? [] : [`${host} holds merges up: ${joinWords(codes)}.`];
}

function Health({ status }: { status: Status }) {
  const problems = problemsOf(status);
  const [latest] = status.tasks
    .map(({ at }) => at)
    .toSorted()
    .reverse();
  const scheduled =
    latest === undefined
      ? 'No scheduled task has run yet.'
      : `The scheduled tasks last ran ${formatAge(latest, status.at)}.`;
  if (problems.length === 0)
    return (
      <Verdict icon="good" title="All is well.">
        <p class="quiet">
          {status.runs.kept === 0
            ? 'No run is known yet.'
            : `${count(status.runs.open, 'run is', 'runs are')} open, of ${status.runs.kept} kept.`}{' '}
          {scheduled}
        </p>
      </Verdict>
    );
  return (
    <Verdict icon="bad" title={`${count(problems.length, 'thing needs', 'things need')} attention.`}>
      <ul class="rows">
        {problems.map(({ said, path }) => (
          <li>{path === undefined ? said : <a href={path}>{said}</a>}</li>
        ))}
      </ul>
    </Verdict>
  );
}

function RecentRuns({ status: { runs, at } }: { status: Status }) {
  if (runs.recent.length === 0)
    return <p class="quiet">Nothing has been reported yet. A job’s report, or a plan, is what begins a run.</p>;
  return (
    <ul class="rows card">
      {runs.recent.map((run) => (
        <RecentRun run={run} now={at} />
      ))}
    </ul>
  );
}

function RecentRun({ run, now }: { run: Status['runs']['recent'][number]; now: string }) {
  const counts = groupCounts(run.merges, run.overdue);
  const words = GROUPS.filter(({ group }) => counts[group] > 0);
  return (
    <li class="stack">
      <div class="line">
        <a href={runPath(run.project, run.run_id)}>
          <b>{run.ref === null ? `Run ${run.run_id}` : shortRef(run.ref)}</b>
        </a>
        <span class="quiet small">
          {run.project}, run {run.run_id}
        </span>
        <span class="line push small">
          {words.map(({ group, words: text, icon }) => (
            <State icon={icon}>
              {counts[group]} {text}
            </State>
          ))}
          <span class="quiet">
            <Time at={run.at} now={now} />
          </span>
        </span>
      </div>
      <Bar counts={counts} />
    </li>
  );
}

function Projects({ status: { serves } }: { status: Status }) {
  return (
    <>
      <h2>What it publishes</h2>
      <ul class="card rows">
        {serves.projects.map(({ name, repository, policy, targets }) => (
          <li>
            <div class="line">
              <b>{name}</b>
              <span class="quiet small">built by {repository}</span>
              <span class="quiet small push">
                under policy <a href={`/v1/policies/${policy}`}>{policy}</a>
              </span>
            </div>
            <ul class="line">
              {targets.map((target) => (
                <li>
                  <code>{target}</code>
                </li>
              ))}
            </ul>
          </li>
        ))}
        {serves.galleries.map(({ name, policy }) => (
          <li class="line">
            <a href={`/galleries/${name}`}>
              <b>Gallery {name}</b>
            </a>
            <span class="quiet small push">
              audited under policy <a href={`/v1/policies/${policy}`}>{policy}</a>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
