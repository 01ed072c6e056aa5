import * as z from 'zod';
import { lazily } from '../../lib/lazily.ts';
import { refusedAnswer, verifiedAnswer } from '../openapi/verdicts.ts';
import type { Problem } from '../problem.ts';
import { capitalise, formatTime, sentence, shortRef } from './format.ts';
import type { Page } from './layout.tsx';
import { Command, Facts, State, Time, Verdict } from './parts.tsx';
import { ProblemVerdict } from './problem.tsx';
import { meaningOf } from './verdicts.ts';
import { VerifyForm, type VerifyQuestion } from './verify-form.tsx';

export interface VerifyPageOptions {
  readonly question: VerifyQuestion;
  /** Names of the policies that may be chosen. */
  readonly policies: readonly string[];
  readonly outcome: VerifyOutcome | undefined;
}

/** The answer of `GET /v1/verify`, or why there is none. */
export type VerifyOutcome = { readonly verdict: object } | { readonly problem: Problem };

const verdictSchema = lazily(() => z.discriminatedUnion('verified', [verifiedAnswer, refusedAnswer]));
type Verified = z.infer<typeof verifiedAnswer>;
type Refused = z.infer<typeof refusedAnswer>;

/** A form for an image and a policy, and the verdict in words. */
export function verifyPage({ question, policies, outcome }: VerifyPageOptions): Page {
  return {
    title: question.ref === '' ? 'Verify an image' : `Verify ${question.ref}`,
    area: '/verify',
    status: outcome && 'problem' in outcome ? outcome.problem.status : 200,
    body: (
      <>
        <h1>May this image be installed?</h1>
        <p class="quiet">Whether it is signed as a policy demands: the index, and the image of each platform.</p>
        <VerifyForm question={question} policies={policies} />
        {outcome === undefined ? null : <Outcome outcome={outcome} />}
      </>
    ),
  };
}

function Outcome({ outcome }: { outcome: VerifyOutcome }) {
  if ('problem' in outcome) return <ProblemVerdict problem={outcome.problem} />;
  const verdict = verdictSchema.parse(outcome.verdict);
  return verdict.verified ? <Yes verdict={verdict} /> : <No verdict={verdict} />;
}

function Yes({ verdict }: { verdict: Verified }) {
  const { signer, timestamps, pinned } = verdict;
  const [time] = timestamps;
  const workflow = signer.identity.replace(/^https:\/\/github\.com\/(.+)@refs\/.*$/, '$1');
  const where = signer.source_ref === undefined ? '' : `, for ${shortRef(signer.source_ref)}`;
  const runner = signer.runner_environment === undefined ? '' : `, in a ${signer.runner_environment} runner`;
  return (
    <>
      <Verdict icon="good" big title="Yes.">
        <p>
          These bytes were signed by <code>{workflow}</code>
          {where}
          {time === undefined ? '' : `, on ${formatTime(time.time)}`}
          {runner}, and recorded in the log.
        </p>
        {verdict.localai.verified ? null : (
          <p>
            LocalAI itself would refuse it: it reads only the first signature that is attached, and that one is not this
            (<code>{verdict.localai.code}</code>).
          </p>
        )}
      </Verdict>
      <h2>Pull exactly this</h2>
      <Command id="pinned" text={pinned} />
      <Evidence verdict={verdict} />
    </>
  );
}

function No({ verdict }: { verdict: Refused }) {
  const { words, advice } = meaningOf(verdict.code);
  return (
    <>
      <Verdict icon="bad" big title="No.">
        <p>
          {sentence(capitalise(words))} {advice}
        </p>
        <p class="quiet small">
          <code>{verdict.code}</code>: {verdict.detail}
        </p>
      </Verdict>
      <Evidence verdict={verdict} />
    </>
  );
}

function Evidence({ verdict }: { verdict: Verified | Refused }) {
  const { policy, trusted_root, localai, checked_at } = verdict;
  return (
    <details open class="card stack">
      <summary>Evidence</summary>
      <Facts
        facts={[
          ['Asked for', <code>{verdict.ref}</code>],
          ['Digest', <code>{verdict.digest}</code>],
          fact('Index', verdict.index_digest === verdict.digest ? undefined : verdict.index_digest),
          fact('Platform', verdict.platform),
          ...(verdict.verified ? signerFacts(verdict) : []),
          [
            'Policy',
            <>
              {policy.name === undefined ? 'inline' : <a href={`/v1/policies/${policy.name}`}>{policy.name}</a>}
              {policy.loose ? '; its pattern matches anywhere in a name, which may be more than was meant' : null}
            </>,
          ],
          ['LocalAI itself', <LocalAi localai={localai} />],
          [
            'Trusted root',
            <>
              {trusted_root.source}, <code>{trusted_root.sha256}</code>, of <Time at={trusted_root.fetched_at} />
            </>,
          ],
          ['Checked at', <Time at={checked_at} />],
        ]}
      />
    </details>
  );
}

function LocalAi({ localai }: { localai: Verified['localai'] }) {
  if (localai.verified) return <State icon="good">would install it</State>;
  return <State icon="bad">would refuse it: {localai.code}</State>;
}

function signerFacts({ signer, log, timestamps }: Verified) {
  const repository = signer.source_repository;
  const run = signer.run_url?.startsWith('https://') ? <a href={signer.run_url}>{signer.run_url}</a> : signer.run_url;
  return [
    fact('Signer', signer.identity),
    fact('Issuer', signer.issuer),
    ['Repository', repository && `${repository} (id ${signer.source_repository_id ?? 'not named'})`],
    fact('Commit', signer.source_digest),
    ['Run', run],
    ['Log entry', `${log.index}${log.integrated_at === undefined ? '' : `, of ${formatTime(log.integrated_at)}`}`],
    ['Timestamps', timestamps.map(({ type, time }) => `${formatTime(time)} (${type})`).join('; ')],
  ] as const;
}

function fact(term: string, value: string | undefined) {
  return value === undefined ? undefined : ([term, <code>{value}</code>] as const);
}
