import type { ProjectConfig } from '../config.ts';
import { messageOf } from '../error.ts';
import { formatPlatform } from '../oci/platform.ts';
import { type Arrival, anchorTag, platformOfTag, type Report } from './arrival.ts';
import { MergeError } from './error.ts';
import { checkPlatform, copyManifest, type Leg, placesOf, readLeg } from './source.ts';
import type { Services, Target } from './types.ts';

const CHUNK_BYTES = 32 * 1024 * 1024;

/**
 * Checks a report against the registries, then anchors its image; nothing is written where a check fails.
 *
 * @throws {MergeError} SOURCE_NOT_FOUND, PLATFORM_MISMATCH, PLATFORM_TAG_UNKNOWN, INDEX_UNSUPPORTED, NO_TARGET
 */
export async function takeIn(
  services: Services,
  project: ProjectConfig,
  runId: string,
  report: Report,
): Promise<Arrival> {
  const expected = platformOfTag(report.platform_tag, project.platforms);
  const targets = services.targets(project).filter(({ skipped }) => skipped === undefined);
  if (targets.length === 0) throw new MergeError('NO_TARGET', 'every target is skipped: none has a credential');
  const leg = await readLeg(placesOf(targets), report.digest);
  checkPlatform(leg, expected, report.platform_tag);
  await anchorEverywhere(targets, anchorTag(runId, report.tag_suffix, report.platform_tag), leg);
  return {
    platform_tag: report.platform_tag,
    digest: report.digest,
    run_attempt: report.run_attempt,
    media_type: leg.manifest.mediaType,
    platform: leg.platform ? formatPlatform(leg.platform) : null,
    descriptors: leg.descriptors,
    arrived_at: services.now(),
  };
}

/** One anchor is enough to heal the others from; a registry that is down must not hold up a report. */
async function anchorEverywhere(targets: readonly Target[], tag: string, leg: Leg): Promise<void> {
  const anchored = await Promise.allSettled(targets.map((target) => anchor(target, tag, leg)));
  const failures = anchored.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  for (const failure of failures) console.warn(JSON.stringify({ at: 'anchor', tag, problem: messageOf(failure) }));
  if (failures.length === targets.length) throw failures[0];
}

/** Safe to repeat: the tag names the same bytes. */
async function anchor({ repository, source }: Target, tag: string, leg: Leg): Promise<void> {
  if (!source) return;
  const { digest, bytes, mediaType } = leg.manifest;
  const [anchored, present] = await Promise.all([source.headManifest(tag), source.headManifest(digest)]);
  if (anchored?.digest === digest) return;
  if (!present) await copyManifest(digest, source, [repository], CHUNK_BYTES);
  await source.pushManifest(tag, { bytes, mediaType });
}
