import type { z } from 'zod';
import type { galleryAnswer } from '../openapi/galleries.ts';
import { capitalise, count, formatTime, joinWords } from './format.ts';
import { Entries } from './gallery-entries.tsx';
import type { Page } from './layout.tsx';
import { queryOf } from './links.ts';
import { StateIcon, Time, Verdict } from './parts.tsx';
import { iconOfCode, installsOf, meaningOf } from './verdicts.ts';

/** The answer of `GET /v1/galleries/:name`. */
export type GalleryAnswer = z.infer<typeof galleryAnswer>;

/** The filter as it was asked, by the names that the API gives its parts. */
export type GalleryQuestion = Readonly<Record<string, string>>;

export interface GalleryPageOptions {
  readonly gallery: GalleryAnswer;
  readonly question: GalleryQuestion;
}

/** While an audit is under way, in seconds. */
const POLL_S = 5;

/** What an audit found of a gallery. */
export function galleryPage({ gallery, question }: GalleryPageOptions): Page {
  const address = `/galleries/${gallery.gallery}`;
  return {
    title: `Gallery ${gallery.gallery}`,
    area: address,
    // An audit that is under way shows how far it is.
    ...(gallery.running ? { pollS: POLL_S } : {}),
    body: (
      <>
        <h1>Gallery {gallery.gallery}</h1>
        <p class="lead" id="said" role="status" data-live>
          <Summary gallery={gallery} address={address} />
        </p>
        <div id="audit" data-live>
          <Audit gallery={gallery} />
        </div>
        <div class="split" id="totals" data-live>
          <Totals
            title="What the entries’ images are"
            name="code"
            counts={gallery.totals.codes}
            question={question}
            address={address}
          />
          <Totals
            title="What a strict client would install, per platform"
            name="installs"
            counts={gallery.totals.installs}
            question={question}
            address={address}
          />
        </div>
        <h2>Entries</h2>
        <Filter question={question} address={address} />
        <div id="entries" data-live>
          <DryRun gallery={gallery} />
          <p class="quiet small">
            {gallery.matching === gallery.totals.entries
              ? count(gallery.matching, 'entry', 'entries')
              : `${gallery.matching} of ${count(gallery.totals.entries, 'entry', 'entries')}`}
          </p>
          <Entries entries={gallery.entries} />
          <Paging gallery={gallery} question={question} address={address} />
        </div>
      </>
    ),
  };
}

function Summary({ gallery: { totals, audit, running }, address }: { gallery: GalleryAnswer; address: string }) {
  if (audit === null)
    return running === null
      ? 'It has not been audited yet; the next scheduled task begins.'
      : 'Its first audit is under way.';
  const verified = totals.codes.VERIFIED ?? 0;
  const { branch = 0, development = 0 } = totals.installs;
  const first =
    verified === totals.images
      ? `All ${count(verified, 'image')} verify.`
      : `${verified} of ${count(totals.images, 'image')} verify.`;
  if (branch + development === 0) return `${first} No client would end with a branch’s or a development image.`;
  const listed = (installs: string, number: number, words: string) =>
    number === 0 ? words : <a href={address + queryOf({ installs })}>{words}</a>;
  return (
    <>
      {first} In {count(branch + development, 'case')} a client would silently end with{' '}
      {listed('branch', branch, 'a branch’s')} or {listed('development', development, 'a development image')}.
    </>
  );
}

function Audit({ gallery }: { gallery: GalleryAnswer }) {
  const { audit, running, problem, policy, differences } = gallery;
  const changes = differences && [
    `${differences.changed.length} changed`,
    `${differences.added.length} added`,
    `${differences.removed.length} removed`,
  ];
  return (
    <>
      {problem === null ? null : (
        <Verdict icon="bad" title="The last audit failed; what is shown is the one before.">
          <p class="quiet small">
            <code>{problem.code}</code>: {problem.detail}
          </p>
        </Verdict>
      )}
      <p class="quiet small">
        {running === null ? null : `An audit is under way: ${running.checked} of ${running.total} looked at. `}
        {audit?.finished_at ? (
          <>
            Audited <Time at={String(audit.finished_at)} /> under policy{' '}
            <a href={`/v1/policies/${policy.name}`}>{policy.name}</a>
            {policy.not_before === null ? '' : `, which counts what was signed since ${formatTime(policy.not_before)}`}.{' '}
          </>
        ) : null}
        {audit?.outdated ? 'The policy has changed since. ' : null}
        {changes ? `Since the audit before: ${joinWords(changes)}. ` : null}
        <a href={gallery.url}>The gallery’s file</a> ·{' '}
        <a href={`/v1/galleries/${gallery.gallery}/index.yaml`}>with what verified</a> ·{' '}
        <a href={`/v1/galleries/${gallery.gallery}/gallery.yaml`}>a client’s setting</a>
      </p>
    </>
  );
}

interface TotalsOptions {
  readonly title: string;
  readonly name: 'code' | 'installs';
  readonly counts: Readonly<Record<string, number>>;
  readonly question: GalleryQuestion;
  readonly address: string;
}

function Totals({ title, name, counts, question, address }: TotalsOptions) {
  if (Object.keys(counts).length === 0) return null;
  const sorted = Object.entries(counts).sort(([, one], [, other]) => other - one);
  const all = sorted.reduce((sum, [, number]) => sum + number, 0);
  return (
    <section>
      <h2>
        {title} <span class="quiet small">{all} in all</span>
      </h2>
      <ul class="rows card">
        {sorted.map(([key, number]) => {
          const { words, icon } =
            name === 'code' ? { words: meaningOf(key).words, icon: iconOfCode(key) } : installsOf(key);
          const isChosen = question[name] === key;
          const href = address + queryOf({ ...question, offset: undefined, [name]: isChosen ? undefined : key });
          return (
            <li class="total">
              <StateIcon icon={icon} />
              <a href={href} aria-current={isChosen ? 'true' : undefined}>
                {capitalise(words)}
              </a>
              <b class="num">{number}</b>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Filter({ question, address }: { question: GalleryQuestion; address: string }) {
  return (
    <search aria-label="Filter entries">
      <form method="get" action={address}>
        <label class="wide">
          Name contains
          <input name="name" value={question.name ?? ''} maxlength={200} autocomplete="off" />
        </label>
        <label>
          What would this cut-off break?
          <input type="date" name="not_before" value={question.not_before?.slice(0, 10) ?? ''} />
        </label>
        <label class="check">
          <input type="checkbox" name="changed" value="true" checked={question.changed === 'true'} /> only what changed
        </label>
        {['code', 'installs'].map((name) =>
          question[name] ? <input type="hidden" name={name} value={question[name]} /> : null,
        )}
        <button type="submit">Filter</button>
        {Object.keys(question).length === 0 ? null : <a href={address}>Without a filter</a>}
      </form>
    </search>
  );
}

function DryRun({ gallery: { dry_run } }: { gallery: GalleryAnswer }) {
  if (!dry_run) return null;
  const broken = dry_run.changed.length;
  return (
    <Verdict
      icon={broken === 0 ? 'good' : 'bad'}
      title={`A cut-off at ${dry_run.not_before} would ${broken === 0 ? 'change nothing' : `change ${count(broken, 'entry', 'entries')}`}.`}
    >
      <p class="quiet">Nothing is changed by looking. The totals and entries here are as they would be.</p>
    </Verdict>
  );
}

function Paging({ gallery, question, address }: GalleryPageOptions & { address: string }) {
  const offset = Number(question.offset ?? 0);
  const size = Number(question.limit ?? 100);
  const { next_offset } = gallery;
  if (offset === 0 && next_offset === null) return null;
  return (
    <nav class="pages" aria-label="Entries">
      {offset === 0 ? null : (
        <a rel="prev" href={address + queryOf({ ...question, offset: String(Math.max(0, offset - size)) })}>
          ← Before
        </a>
      )}
      {next_offset === null ? null : (
        <a rel="next" href={address + queryOf({ ...question, offset: String(next_offset) })}>
          Next →
        </a>
      )}
    </nav>
  );
}
