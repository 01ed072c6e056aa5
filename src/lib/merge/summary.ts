import type { RunView } from '../runs/types.ts';
import type { MergeView } from './state.ts';

/** A merge as Markdown for `$GITHUB_STEP_SUMMARY`: its tags, its legs, its signature, and where its page is. */
export function summariseMerge(view: MergeView, pageUrl?: string): string {
  const tags = view.targets.flatMap(({ repository, tags }) =>
    tags.map(({ name, state }) => `- \`${repository}:${name}\` (${state})`),
  );
  const skipped = view.targets
    .filter(({ state }) => state === 'skipped' || state === 'failed')
    .map(({ repository, state, reason }) => `- \`${repository}\` ${state}: ${reason}`);
  const legs = view.arrivals.map(
    ({ platform_tag, platform, digest }) => `- ${platform_tag} (${platform ?? 'any'}): \`${digest}\``,
  );
  const title = `### \`${view.tag_suffix === '' ? '(no suffix)' : view.tag_suffix}\`: ${view.state}${view.reason ? `: ${view.reason}` : ''}`;
  const missing = view.missing && view.missing.length > 0 ? [`Missing: ${view.missing.join(', ')}`, ''] : [];
  const signature = view.signature
    ? ['', `Signed by \`${view.signature.identity}\`, log index ${view.signature.log_index}.`]
    : [];
  return [
    title,
    '',
    ...missing,
    ...(tags.length > 0 ? ['Merged manifest tags:', ...tags, ...skipped, ''] : skipped),
    ...(view.digest ? [`Index: \`${view.digest}\``, ''] : []),
    'Per-arch digests:',
    ...legs,
    ...signature,
    ...linkTo(pageUrl),
    '',
  ].join('\n');
}

type Row = Pick<RunView['merges'][number], 'tag_suffix'> & {
  readonly state: string;
  readonly missing?: readonly string[] | null | undefined;
  readonly reason?: string | undefined;
  readonly digest?: string | undefined;
};

/** A run, or the merges of one finishing call, as Markdown: how many are in each state, and what each waits for. */
export function summariseRun(
  view: { readonly run_id: string; readonly merges: readonly Row[] },
  pageUrl?: string,
): string {
  const states = view.merges.map(({ state }) => state);
  const counts = [...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${state}`);
  const rows = view.merges.map(
    ({ tag_suffix, state, missing, reason, digest }) =>
      `| \`${tag_suffix}\` | ${state} | ${missing?.join(', ') ?? ''} | ${cell(reason)} | ${digest ? `\`${digest}\`` : ''} |`,
  );
  return [
    `### Run ${view.run_id}: ${counts.join(', ')}`,
    '',
    '| suffix | state | missing | reason | index |',
    '|---|---|---|---|---|',
    ...rows,
    ...linkTo(pageUrl),
    '',
  ].join('\n');
}

function linkTo(pageUrl: string | undefined): string[] {
  return pageUrl === undefined ? [] : ['', `[Watch it](${pageUrl})`];
}

/** Text in a table: neither a bar nor a line's end may break its row. */
function cell(text = ''): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
