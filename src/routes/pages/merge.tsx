import type { Config } from '../../lib/config.ts';
import type { MergeView, TargetView } from '../../lib/merge/state.ts';
import { isOpen } from '../../lib/runs/view.ts';
import { explain } from './advice.ts';
import { cosignCommand, isPublicGood } from './cosign.ts';
import { count, formatDuration, joinWords, nameOfSuffix } from './format.ts';
import type { Page } from './layout.tsx';
import { runEventsPath, segmentOf, verifyPath } from './links.ts';
import { Image, MergeHead } from './merge-parts.tsx';
import { Command, Facts, State, Time } from './parts.tsx';
import type { Icon } from './states.ts';
import { durationOf, Timeline } from './timeline.tsx';

export interface MergePageOptions {
  readonly merge: MergeView;
  readonly config: Config;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A merge: how it stands; then, while it goes on, its steps first, and once it does not, what came of it. */
export function mergePage({ merge, config, now }: MergePageOptions): Page {
  const { project, run_id, tag_suffix } = merge;
  const name = nameOfSuffix(tag_suffix);
  const api = `/v1/merges/${encodeURIComponent(project)}/${run_id}/${segmentOf(tag_suffix)}`;
  const told = { ...merge, arrived: merge.arrivals.map(({ platform_tag }) => platform_tag) };
  const goesOn = isOpen([merge]) || merge.steps.some(({ state }) => state === 'running');
  return {
    title: `${name}, run ${run_id}`,
    ...(goesOn ? { events: [`${api}/events`, runEventsPath(project, run_id, tag_suffix)] } : {}),
    body: (
      <>
        <MergeHead
          merge={merge}
          told={told}
          said={merge.state === 'published' ? describePublished(merge) : explain(told)}
        />
        <div id="parts" data-live>
          {isOpen([merge]) ? (
            <>
              <Steps merge={merge} now={now} />
              <Image merge={merge} />
              <Result merge={merge} config={config} />
            </>
          ) : (
            <>
              <Result merge={merge} config={config} />
              <Image merge={merge} />
              <Steps merge={merge} now={now} />
            </>
          )}
          <p class="quiet small">
            The same for programs: <a href={api}>JSON</a>, <a href={`${api}/summary`}>Markdown</a>.
          </p>
        </div>
      </>
    ),
  };
}

function describePublished(merge: MergeView): string {
  const used = merge.targets.filter(({ state }) => state === 'published').length;
  const duration = durationOf(merge.steps);
  const took = duration === undefined ? '' : ` It took ${formatDuration(duration)}.`;
  const platforms = merge.arrivals.map(({ platform, platform_tag }) => platform ?? platform_tag);
  return `${joinWords(platforms)}: merged, signed, verified and then tagged in ${count(used, 'registry', 'registries')}.${took}`;
}

function Result({ merge, config }: { merge: MergeView; config: Config }) {
  return (
    <>
      <Tags targets={merge.targets} />
      <Signature merge={merge} config={config} />
    </>
  );
}

function Steps({ merge, now }: { merge: MergeView; now: number }) {
  if (merge.steps.length === 0) return null;
  return (
    <>
      <h2>Steps</h2>
      <div class="card">
        <Timeline steps={merge.steps} now={now} />
      </div>
    </>
  );
}

const TARGET_ICONS: Readonly<Record<TargetView['state'], Icon>> = {
  waiting: 'wait',
  merging: 'work',
  retrying: 'work',
  published: 'good',
  failed: 'bad',
  skipped: 'aside',
};
const TAG_ICONS: Readonly<Record<string, Icon>> = { superseded: 'aside', held: 'bad', differs: 'bad' };

function Tags({ targets }: { targets: readonly TargetView[] }) {
  return (
    <>
      <h2>Tags</h2>
      <div class="card">
        <ul class="rows">
          {targets.map(({ repository, state, reason, tags, discoverable }) => (
            <li>
              <div class="line">
                <h3 class="mono flat">{repository}</h3>
                <span class="push">
                  <State icon={TARGET_ICONS[state]}>{state}</State>
                </span>
              </div>
              {reason === undefined ? null : <p class="quiet small">{reason}</p>}
              {discoverable === false ? (
                <p class="quiet small">The registry does not list the signature yet; clients find it when it does.</p>
              ) : null}
              <ul class="tags">
                {tags.map((tag) => (
                  <li>
                    <code>{tag.name}</code>
                    <State icon={TAG_ICONS[tag.state] ?? 'good'}>
                      {tag.state}
                      {tag.reason === undefined ? null : `: ${tag.reason}`}
                    </State>
                  </li>
                ))}
              </ul>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}

function Signature({ merge, config }: { merge: MergeView; config: Config }) {
  const { signature, digest, targets } = merge;
  if (!signature) return null;
  const command = cosignCommand(config, merge);
  const published = targets.find(({ state }) => state === 'published');
  const policy = config.projects.find(({ name }) => name === merge.project)?.policy ?? '';
  const log = `https://search.sigstore.dev/?logIndex=${encodeURIComponent(signature.log_index)}`;
  return (
    <>
      <h2>Signature</h2>
      <div class="card">
        <Facts
          facts={[
            ['Signed by', <code>{signature.identity}</code>],
            ['At', <Time at={signature.signed_at} />],
            ['Log entry', isPublicGood(config) ? <a href={log}>{signature.log_index}</a> : signature.log_index],
            ['Bundle', <code>{signature.bundle_digest}</code>],
          ]}
        />
      </div>
      {command === undefined ? null : (
        <>
          <h2>Check it yourself</h2>
          <Command id="cosign" text={command} />
          <p class="quiet small">
            {isPublicGood(config) ? null : 'trusted_root.json is that of the Sigstore which this Muster uses. '}
            Or <a href={verifyPath({ ref: `${published?.repository}@${digest}`, policy })}>ask this Muster</a>.
          </p>
        </>
      )}
    </>
  );
}
