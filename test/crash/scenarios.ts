import { randomBytes } from 'node:crypto';
import type { Answer } from '../../demo/caller.ts';
import { MERGE } from '../../demo/config.ts';
import { ARCHES, buildImage, packLayer } from '../../demo/images.ts';
import { type Merge, repositoryOf, withAnchors } from '../flow/outcome.ts';
import { AT_ONCE, BUILDER, type World, type WorldOptions } from '../flow/world.ts';

/** Chunks are of 1 MiB: three of them. */
const LARGE_LAYER_BYTES = 2.2 * 1024 * 1024;

/** A way to publish, whose Worker is then killed at each call. Both registries: with and without the referrers API. */
export interface Scenario {
  readonly name: string;
  readonly options: WorldOptions;
  /** Builds and pushes the legs. */
  prepare(world: World, runId: string): Promise<Merge>;
  /** The calls of the run's jobs, in order. */
  jobs(world: World, merge: Merge): readonly (() => Promise<Answer>)[];
}

/** Both registries have the legs; the last report signs, into Rekor v2. */
const AT_ONCE_SCENARIO: Scenario = {
  name: 'at once',
  options: { configure: withAnchors() },
  prepare: async (world, run_id) => {
    const made = { project: 'core', run_id, run_attempt: 1, suffix: `-c${run_id}` } as const;
    const images = await world.push(repositoryOf(made), `crash ${run_id}`);
    return { ...made, images, digests: images.map(({ digest }) => digest) };
  },
  jobs: (world, merge) => reports(world, merge, AT_ONCE),
};

/** One registry has the legs, the other gets them in chunks; a finishing job signs, into Rekor v1. */
const FINISHING_JOB: Scenario = {
  name: 'finishing job, copied',
  options: { rekorMajor: 1, configure: withAnchors({ copy_chunk_mebibytes: 1 }) },
  prepare: async (world, run_id) => {
    const made = { project: 'localai', run_id, run_attempt: 1, suffix: `-c${run_id}` } as const;
    const sizes = { amd64: 100, arm64: LARGE_LAYER_BYTES };
    const images = ARCHES.map((arch) => buildImage(arch, packLayer(randomBytes(sizes[arch])), `crash ${run_id}`));
    for (const image of images) await world.clients[0]?.pushImage(repositoryOf(made), image);
    return { ...made, images, digests: images.map(({ digest }) => digest) };
  },
  jobs: (world, merge) => [
    ...reports(world, merge, BUILDER),
    () => world.finish(merge.run_id, { job_workflow_ref: `${MERGE}@refs/heads/master` }),
  ],
};

export const SCENARIOS: readonly Scenario[] = [AT_ONCE_SCENARIO, FINISHING_JOB];

function reports(world: World, { images, suffix, run_id }: Merge, claims: Readonly<Record<string, string>>) {
  return images.map(
    ({ arch, digest }) =>
      () =>
        world.report({ suffix, arch, digest, claims: { ...claims, run_id } }),
  );
}
