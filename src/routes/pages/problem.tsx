import type { Problem } from '../problem.ts';
import { adviceFor } from './advice.ts';
import { sentence } from './format.ts';
import type { Page } from './layout.tsx';
import { Verdict } from './parts.tsx';

const TITLES: Readonly<Record<number, string>> = {
  400: 'That cannot be asked',
  403: 'That is not allowed',
  404: 'There is nothing here',
  405: 'That cannot be done here',
  429: 'Too many requests',
  500: 'Something went wrong',
  502: 'Somebody else did not answer as they should',
  503: 'Not just now',
};

/** What went wrong, and what to do about it. */
export function problemPage(problem: Problem): Page {
  const { status } = problem;
  const title = TITLES[status] ?? (status < 500 ? 'That cannot be done' : 'Something went wrong');
  return {
    title,
    status,
    body: (
      <>
        <h1>{title}</h1>
        <ProblemVerdict problem={problem} />
        <p>
          <a href="/">Overview</a> · <a href="/verify">Verify an image</a> · <a href="/reference">API</a>
        </p>
      </>
    ),
  };
}

/** The same, as a part of a page. */
export function ProblemVerdict({ problem: { status, code, detail } }: { problem: Problem }) {
  const advice = adviceFor(code);
  return (
    <Verdict icon={status < 500 ? 'aside' : 'bad'} title={sentence(detail)}>
      {advice === undefined ? null : <p>{advice}</p>}
      <p class="quiet small">
        <code>{code}</code>, status {status}
      </p>
    </Verdict>
  );
}
