import type { RunView } from '../runs/types.ts';
import type { MergeView } from './state.ts';

/** A merge as Markdown for `$GITHUB_STEP_SUMMARY`: its tags, its legs and its signature. */
export function summariseMerge(view: MergeView): string {
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
    '',
  ].join('\n');
}

/** A run as Markdown: how many merges are in each state, and those that want attention. */
export function summariseRun(view: RunView): string {
  const counts = Object.entries(view.counts).map(([state, count]) => `${count} ${state}`);
  const rows = view.merges.map(
    ({ tag_suffix, state, missing, reason }) =>
      `| \`${tag_suffix}\` | ${state} | ${missing?.join(', ') ?? ''} | ${reason ?? ''} |`,
  );
  return [
    `### Run ${view.run_id}: ${counts.join(', ')}`,
    '',
    '| suffix | state | missing | reason |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
