import type { Child } from 'hono/jsx';
import { formatAge, formatTime } from './format.ts';
import type { Group, Icon } from './states.ts';
import { GROUPS } from './states.ts';

/** The shapes of the states, once a page. */
export function IconSheet() {
  return (
    <svg class="sheet" aria-hidden="true">
      <symbol id="good" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="8" fill="currentColor" />
        <path class="cut" d="m4.6 8.3 2.3 2.3 4.5-4.9" fill="none" stroke="var(--card)" stroke-width="1.9" />
      </symbol>
      <symbol id="work" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="2" />
        <path d="M8 1a7 7 0 0 1 0 14z" fill="currentColor" />
      </symbol>
      <symbol id="wait" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="2" />
      </symbol>
      <symbol id="bad" viewBox="0 0 16 16">
        <path d="M8 0l8 15H0z" fill="currentColor" />
        <path d="M8 5v5M8 11.2v2" stroke="var(--card)" stroke-width="1.8" />
      </symbol>
      <symbol id="aside" viewBox="0 0 16 16">
        <circle cx="8" cy="8" r="7" fill="none" stroke="currentColor" stroke-width="2" />
        <path d="M4.5 8h7" stroke="currentColor" stroke-width="2" />
      </symbol>
    </svg>
  );
}

/** A state's shape; the words that go with it stand beside it. */
export function StateIcon({ icon }: { icon: Icon }) {
  return (
    <svg class={`i ${icon}`} aria-hidden="true">
      <use href={`#${icon}`} />
    </svg>
  );
}

/** A shape with its words. */
export function State({ icon, children }: { icon: Icon; children: Child }) {
  return (
    <span class={`state ${icon}`}>
      <StateIcon icon={icon} /> <span>{children}</span>
    </span>
  );
}

/** What a page has to say first, in words. */
export function Verdict({ icon, title, big, children }: { icon: Icon; title: Child; big?: boolean; children?: Child }) {
  return (
    <section class={`card verdict ${icon}${big ? ' big' : ''}`}>
      <h2>
        <StateIcon icon={icon} />
        <span>{title}</span>
      </h2>
      {children}
    </section>
  );
}

/** A moment, to be read in UTC; with its age, if `now` is given. */
export function Time({ at, now }: { at: string; now?: string }) {
  return now === undefined ? (
    <time datetime={at}>{formatTime(at)}</time>
  ) : (
    <time datetime={at} title={formatTime(at)}>
      {formatAge(at, now)}
    </time>
  );
}

/** Terms with what they are; those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, Child] | undefined)[] }) {
  if (facts.length === 0) return null;
  return (
    <dl>
      {facts.map((fact) =>
        fact === undefined || fact[1] === undefined || fact[1] === null ? null : (
          <>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </>
        ),
      )}
    </dl>
  );
}

/** A command to be copied; the button is there only where a script can do it. */
export function Command({ id, text }: { id: string; text: string }) {
  return (
    <div class="card command">
      <pre id={id}>{text}</pre>
      <button type="button" class="copy" data-copy={id}>
        Copy
      </button>
    </div>
  );
}

/** How many there are of each group, as lengths; the same numbers stand beside it in words. */
export function Bar({ counts }: { counts: Readonly<Record<Group, number>> }) {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  let before = 0;
  return (
    <svg class="bar" aria-hidden="true">
      {GROUPS.map(({ group, icon }) => {
        const start = before;
        before += counts[group];
        return counts[group] === 0 ? null : (
          <rect class={icon} x={`${share(start, total)}%`} width={`${share(counts[group], total)}%`} height="100%" />
        );
      })}
    </svg>
  );
}

function share(part: number, whole: number): string {
  return ((part / whole) * 100).toFixed(2);
}
