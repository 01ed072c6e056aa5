import { applyRule } from './apply.ts';
import { TagError } from './error.ts';
import { fillExpressions, parseExpressions, type TagContext } from './expressions.ts';
import { type Flavor, type FlavorOverrides, overrideFlavor, parseFlavor } from './flavor.ts';
import { parseTagRules, type TagRule } from './rules.ts';

/** A project's rules and flavor, what an arrival adds to the flavor, and the run. */
export interface TagRequest extends TagContext {
  /** `type=ref,event=branch`, …; none: docker/metadata-action's defaults. */
  readonly rules: string | readonly string[];
  /** `suffix=,onlatest=true`, … */
  readonly flavor: string | readonly string[];
  readonly overrides?: FlavorOverrides | undefined;
}

export interface Tags {
  /** The version: the first rule's tag; empty where no rule yields. */
  readonly main: string;
  /** The other rules' tags. */
  readonly partial: readonly string[];
  /** All tags, each once, `main` first and `latest` last. */
  readonly tags: readonly string[];
  readonly latest: boolean;
  /** Of `tags`, those that are to name the latest version, under whatever prefix and suffix: the flavor's, and rules'. */
  readonly latestTags: readonly string[];
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests */
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** The word, in what a rule gives before its prefix and suffix: `latest`, `gpu-latest`. */
const LATEST = /(?<![A-Za-z0-9])latest(?![A-Za-z0-9])/;

/**
 * Computes the tags as docker/metadata-action does.
 *
 * The first rule that yields, by priority, names the version and decides about `latest` where the flavor leaves it open.
 *
 * @see https://github.com/docker/metadata-action#tags-input
 * @throws {TagError} TAG_INVALID where a registry would refuse one; TAG_RULE_INVALID, FLAVOR_INVALID
 */
export function computeTags(request: TagRequest): Tags {
  const flavor = overrideFlavor(parseFlavor(request.flavor), request.overrides ?? {});
  const found = parseTagRules(request.rules, request.flavor)
    .filter((rule) => isEnabled(rule, request))
    .sort((a, b) => b.priority - a.priority)
    .flatMap((rule) => {
      const yielded = applyRule(rule, request);
      const value = yielded && sanitise(decorate(rule, yielded.value, flavor, request));
      return value ? [{ value, latest: yielded.latest, isLatestTag: LATEST.test(yielded.value) }] : [];
    });
  const [first] = found;
  if (!first) return { main: '', partial: [], tags: [], latest: false, latestTags: [] };
  const latest = flavor.latest === 'auto' ? first.latest : flavor.latest === 'true';
  const [main = '', ...partial] = new Set(found.map(({ value }) => value));
  const flavored = latest ? [latestTag(flavor)] : [];
  const tags = [...new Set([main, ...partial, ...flavored])];
  for (const tag of tags) checkTag(tag);
  const named = found.flatMap(({ value, isLatestTag }) => (isLatestTag ? [value] : []));
  return { main, partial, tags, latest, latestTags: [...new Set([...named, ...flavored])] };
}

function isEnabled(rule: TagRule, context: TagContext): boolean {
  const enable = rule.attributes.get('enable') ?? 'true';
  return fillExpressions(rule.text, parseExpressions(rule.text, enable), context) === 'true';
}

/** A rule's own prefix or suffix, even an empty one, stands in for the flavor's. */
function decorate(rule: TagRule, value: string, flavor: Flavor, context: TagContext): string {
  const fill = (affix: string) => fillExpressions(rule.text, parseExpressions(rule.text, affix), context);
  const prefix = rule.attributes.get('prefix') ?? typePrefix(rule) ?? flavor.prefix;
  const suffix = rule.attributes.get('suffix');
  return `${fill(prefix)}${value}${suffix === undefined ? flavor.suffix : fill(suffix)}`;
}

function typePrefix({ type, attributes }: TagRule): string | undefined {
  if (type === 'sha') return 'sha-';
  return type === 'ref' && attributes.get('event') === 'pr' ? 'pr-' : undefined;
}

function latestTag(flavor: Flavor): string {
  const prefix = flavor.prefixLatest ? flavor.prefix : '';
  return sanitise(`${prefix}latest${flavor.suffixLatest ? flavor.suffix : ''}`);
}

function sanitise(value: string): string {
  return value.replace(/[^a-zA-Z0-9._-]+/g, '-');
}

/** docker/metadata-action leaves this to the registry, which answers after everything else was done. */
function checkTag(tag: string): void {
  if (TAG.test(tag)) return;
  const shown = tag.length > 140 ? `${tag.slice(0, 140)}…` : tag;
  throw new TagError(
    'TAG_INVALID',
    `"${shown}" is no valid tag: at most 128 of A-Z, a-z, 0-9, "_", "." and "-", not beginning with the last two`,
  );
}
