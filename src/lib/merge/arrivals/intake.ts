import type { ProjectConfig } from '../../config.ts';
import { messageOf } from '../../error.ts';
import type { Anchor, AnchorLedger } from '../../keepalive/types.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { settleSoon } from '../../side-by-side.ts';
import { MergeError } from '../error.ts';
import { type Copying, copyContents, type WantedImage } from '../images/copy-image.ts';
import type { Presence } from '../images/presence.ts';
import { checkPlatform, type Leg, nameOf, placesOf, readLeg } from '../images/source.ts';
import type { UploadJournal } from '../images/uploads.ts';
import type { Services, Target } from '../types.ts';
import { type Arrival, anchorTag, platformOfTag, type Report } from './arrival.ts';

/** How long the other anchors are waited for once one is there, in milliseconds; they go on all the same. */
const GRACE_MS = 10_000;

export interface IntakeOptions {
  readonly ledger: AnchorLedger;
  /** Told where the image was seen. */
  readonly presence: Presence;
  /** Where the copies of large blobs go on. */
  readonly uploads: UploadJournal;
  /** Images that will be needed in the targets, too: looked for meanwhile. */
  readonly others?: readonly Digest[];
  /** Told what will be recorded, before the image is anchored. */
  readonly onChecked?: (arrival: Arrival) => void;
}

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
  { ledger, presence, uploads, others = [], onChecked }: IntakeOptions,
): Promise<Arrival> {
  const expected = platformOfTag(report.platform_tag, project.platforms);
  const targets = services.targets(project).filter(({ skipped }) => skipped === undefined);
  if (targets.length === 0) throw new MergeError('NO_TARGET', 'every target is skipped: none has a credential');
  lookFor(others, targets, presence).catch(() => undefined);
  const leg = await readLeg(placesOf(targets), report.digest);
  for (const holder of leg.holders) presence.add(holder, report.digest);
  checkPlatform(leg, expected, report.platform_tag);
  const { tag_suffix, platform_tag, digest, run_attempt } = report;
  const arrival = {
    platform_tag,
    digest,
    run_attempt,
    media_type: leg.manifest.mediaType,
    platform: leg.platform ? formatPlatform(leg.platform) : null,
    descriptors: leg.descriptors,
    arrived_at: services.now(),
  };
  onChecked?.(arrival);
  await anchorEverywhere({
    targets,
    image: { digest, leg: platform_tag },
    leg,
    ledger,
    copying: { chunkBytes: services.copyChunkBytes, uploads },
    anchor: {
      tag: anchorTag(runId, tag_suffix, platform_tag),
      project: project.name,
      run_id: runId,
      tag_suffix,
      digest,
    },
  });
  return arrival;
}

/** Sees which images are where already, so that nothing waits for it later. */
async function lookFor(digests: readonly Digest[], targets: readonly Target[], presence: Presence): Promise<void> {
  await Promise.all(
    targets.flatMap(({ repository }) =>
      digests.map(async (digest) => {
        if (await repository.headManifest(digest)) presence.add(repository, digest);
      }),
    ),
  );
}

interface Anchoring {
  readonly targets: readonly Target[];
  readonly image: WantedImage;
  readonly leg: Leg;
  readonly ledger: AnchorLedger;
  readonly copying: Pick<Copying, 'chunkBytes' | 'uploads'>;
  readonly anchor: Anchor;
}

/**
 * One place is enough to heal the others from: an anchor, or a target without a `source`, whose registry keeps what no
 * tag names. A registry that is down, or hangs, must not hold up a report.
 */
async function anchorEverywhere({ targets, ...anchoring }: Anchoring): Promise<void> {
  const anchored = await settleSoon(
    targets.map((target) => anchorIn(target, anchoring)),
    () => true,
    GRACE_MS,
  );
  const failures = anchored.flatMap((result) => (result?.status === 'rejected' ? [result.reason] : []));
  for (const failure of failures) warn(anchoring.anchor, failure);
  if (failures.length === targets.length) throw failures[0];
}

/** Safe to repeat: the tag names the same bytes. A ledger that cannot be written leaves a stranger's tag, not a lost leg. */
async function anchorIn(
  { repository, source }: Target,
  { anchor, image, leg, ledger, copying }: Omit<Anchoring, 'targets'>,
): Promise<void> {
  if (!source) return;
  const { tag } = anchor;
  const { bytes, mediaType } = leg.manifest;
  await ledger.add(nameOf(source), anchor).catch((error: unknown) => warn(anchor, error));
  if (!leg.holders.includes(source))
    await copyContents(leg.manifest, image, { into: source, places: [repository], ...copying });
  await source.pushManifest(tag, { bytes, mediaType });
}

function warn({ tag }: Anchor, error: unknown): void {
  console.warn(JSON.stringify({ at: 'anchor', tag, problem: messageOf(error) }));
}
