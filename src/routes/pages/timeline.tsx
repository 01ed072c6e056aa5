import type { StepView } from '../../lib/merge/state.ts';
import type { StepName } from '../../lib/merge/types.ts';
import { formatDuration } from './format.ts';
import { StateIcon } from './parts.tsx';
import type { Icon } from './states.ts';

const ICONS: Readonly<Record<string, Icon>> = { done: 'good', running: 'work', failed: 'bad' };
const WORDS: Readonly<Record<string, string>> = { done: 'done', running: 'under way', failed: 'failed' };
/** What each step does; one of a target is followed by its registry. */
const NAMES: Readonly<Record<StepName, string>> = {
  read: 'read the legs',
  sign: 'sign',
  push: 'push to',
  stage: 'upload the signature to',
  attach: 'attach the signature at',
  list: 'list the signature at',
  verify: 'verify at',
  tag: 'tag at',
  inspect: 'look at the anchors',
  release: 'release the anchors',
};

function isNamed(step: string): step is StepName {
  return step in NAMES;
}

/** Steps as bars on one scale of time, in the order in which they began. `now` in milliseconds since the epoch. */
export function Timeline({ steps, now }: { steps: readonly StepView[]; now: number }) {
  const spans = steps.map((step) => {
    const start = Date.parse(step.at);
    return { step, start, end: step.ms === undefined ? Math.max(now, start) : start + step.ms };
  });
  const begun = Math.min(...spans.map(({ start }) => start));
  const whole = Math.max(1, Math.max(...spans.map(({ end }) => end)) - begun);
  const ordered = spans.toSorted((one, other) => one.start - other.start);
  return (
    <ol class="steps">
      {ordered.map(({ step, start, end }) => (
        <Step step={step} left={(start - begun) / whole} width={(end - start) / whole} />
      ))}
    </ol>
  );
}

/** From the first step's beginning to the last one's end, in milliseconds; undefined while one is under way. */
export function durationOf(steps: readonly StepView[]): number | undefined {
  if (steps.length === 0 || steps.some(({ ms }) => ms === undefined)) return undefined;
  const begun = Math.min(...steps.map(({ at }) => Date.parse(at)));
  return Math.max(...steps.map(({ at, ms = 0 }) => Date.parse(at) + ms)) - begun;
}

function Step({ step, left, width }: { step: StepView; left: number; width: number }) {
  const icon = ICONS[step.state] ?? 'wait';
  const host = step.target?.slice(0, step.target.indexOf('/'));
  // What took no time is still to be seen.
  const shown = Math.max(width, 0.012);
  const start = Math.min(left, 1 - shown);
  return (
    <li>
      <StateIcon icon={icon} />
      <span>
        {isNamed(step.step) ? NAMES[step.step] : step.step}{' '}
        {host === undefined ? null : <span class="mono">{host}</span>}
        <span class="hidden">, {WORDS[step.state] ?? step.state}</span>
      </span>
      <svg class="track" aria-hidden="true">
        <rect class={icon} x={percent(start)} width={percent(shown)} height="100%" rx="4" />
      </svg>
      <time>{step.ms === undefined ? 'now' : formatDuration(step.ms)}</time>
      {step.detail === undefined ? null : <span class="note small quiet">{step.detail}</span>}
    </li>
  );
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)}%`;
}
