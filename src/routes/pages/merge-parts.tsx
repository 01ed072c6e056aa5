import type { MergeView } from '../../lib/merge/state.ts';
import { adviseMerge, type Told } from './advice.ts';
import { capitalise, nameOfSuffix, shortRef } from './format.ts';
import { runPath } from './links.ts';
import { State, Time, Verdict } from './parts.tsx';
import { iconOf, wordsOf } from './states.ts';

interface HeadOptions {
  readonly merge: Pick<MergeView, 'project' | 'run_id' | 'tag_suffix' | 'ref'>;
  readonly told: Told;
  /** How it stands, in a sentence. */
  readonly said: string;
}

/** What is at the top of a merge's page: the way to its run, its name, and how it stands. */
export function MergeHead({ merge: { project, run_id, tag_suffix, ref }, told, said }: HeadOptions) {
  return (
    <>
      <nav class="crumbs" aria-label="Place">
        <ul class="line">
          <li>{project}</li>
          <li>
            <a href={runPath(project, run_id)}>
              {shortRef(ref)}, run {run_id}
            </a>
          </li>
        </ul>
      </nav>
      <h1 class="mono">{nameOfSuffix(tag_suffix)}</h1>
      <div id="verdict" role="status" data-live>
        <Standing told={told} said={said} />
      </div>
    </>
  );
}

function Standing({ told, said }: Omit<HeadOptions, 'merge'>) {
  const advice = adviseMerge(told);
  return (
    <Verdict icon={iconOf(told)} big title={capitalise(wordsOf(told))}>
      <p>{said}</p>
      {advice === undefined ? null : <p class="quiet">{advice}</p>}
      {told.code === undefined ? null : (
        <p class="quiet small">
          <code>{told.code}</code>
        </p>
      )}
    </Verdict>
  );
}

type Legs = Pick<MergeView, 'digest' | 'arrivals' | 'missing' | 'media_type' | 'overdue' | 'deadline'>;

/** The image, and the legs that it is made of. */
export function Image({ merge }: { merge: Legs }) {
  const { digest, arrivals, missing, media_type } = merge;
  return (
    <>
      <h2>Image</h2>
      <div class="card">
        <ul class="rows">
          {digest === undefined ? null : (
            <li>
              <div class="line">
                <b>{media_type?.includes('index') || media_type?.includes('list') ? 'Image index' : 'Image'}</b>
              </div>
              <code id="digest">{digest}</code>
            </li>
          )}
          {arrivals.map((leg) => (
            <li>
              <div class="line">
                <b>{leg.platform_tag}</b>
                {leg.platform === null ? null : <span class="quiet">{leg.platform}</span>}
                <span class="quiet small push when">
                  arrived <Time at={leg.arrived_at} />
                  {leg.run_attempt === 1 ? null : `, attempt ${leg.run_attempt}`}
                </span>
              </div>
              <code>{leg.digest}</code>
            </li>
          ))}
          {missing?.map((leg) => (
            <MissingLeg merge={merge} leg={leg} />
          ))}
        </ul>
      </div>
    </>
  );
}

function MissingLeg({ merge, leg }: { merge: Legs; leg: string }) {
  return (
    <li class="line">
      <b>{leg}</b>
      <State icon={merge.overdue ? 'bad' : 'wait'}>{merge.overdue ? 'overdue' : 'has not arrived'}</State>
      {merge.deadline === undefined ? null : (
        <span class="quiet small push">
          due <Time at={merge.deadline} />
        </span>
      )}
    </li>
  );
}
