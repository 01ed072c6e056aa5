import type { Answer } from '../../demo/caller.ts';
import { BACKENDS, CACHE, CORE } from '../../demo/config.ts';
import type { Image } from '../../demo/images.ts';
import type { Facts, RunFacts } from '../../demo/registry/invariants.ts';
import type { World, WorldOptions } from './world.ts';

/** A merge that something happens to; `digests` are its legs'. */
export interface Merge extends RunFacts {
  readonly project: 'core' | 'localai';
  readonly suffix: string;
  readonly images: readonly Image[];
}

/** The repository that a project publishes to. */
export function repositoryOf({ project }: Pick<Merge, 'project'>): string {
  return project === 'core' ? CORE : BACKENDS;
}

/** Every project with anchors; `settings` are added to the `MUSTER` object. */
export function withAnchors(settings: object = {}): NonNullable<WorldOptions['configure']> {
  return (config) => ({
    ...config,
    ...settings,
    projects: config.projects.map((project) => ({
      ...project,
      targets: project.targets.map(({ repository }) => ({
        repository,
        source: repository.replace(/\/go-skynet\/.*/, `/${CACHE}`),
        public: true,
      })),
    })),
  });
}

/** How a merge stands. */
export function viewOf(world: World, { project, run_id, suffix }: Merge): Promise<Answer> {
  return world.call({ path: `/v1/merges/${project}/${run_id}/${suffix}` });
}

/** Whether the last step is done. */
export function isOver({ body }: Answer): boolean {
  const steps = (body.steps ?? []) as { step: string; state: string }[];
  return steps.some(({ step, state }) => step === 'release' && state === 'done');
}

/** What differs from the end of a merge that nobody disturbed, in words. */
export async function judge(world: World, merge: Merge, answer: Answer): Promise<string[]> {
  const problems: string[] = [];
  const view = await viewOf(world, merge);
  if (view.body.state !== 'published')
    problems.push(`state ${view.body.state} after ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
  if (!isOver(view)) problems.push('its anchors were not released');
  for (const { repository, tags } of (view.body.targets ?? []) as TargetView[])
    for (const { name, state } of tags) if (state !== 'set') problems.push(`${repository}: ${name} is ${state}`);
  const repository = repositoryOf(merge);
  for (const { host, demo } of world.stack.registries) {
    for (const tag of tagsOf(merge)) {
      const found = demo.store.manifest(repository, tag);
      if (!found || found.digest !== view.body.digest) problems.push(`${host}: ${tag} is ${found?.digest}`);
    }
    const anchors = [...demo.store.tags(CACHE).keys()].filter((tag) => tag.startsWith(`keepalive-${merge.run_id}`));
    if (anchors.length > 0) problems.push(`${host}: ${anchors.join(', ')} are left`);
    const ref = `${host}/${repository}@${view.body.digest}`;
    const verdict = await world.call({ path: `/v1/verify?ref=${ref}&policy=${merge.project}` });
    if (verdict.body.verified !== true)
      problems.push(`${host}: ${String(verdict.body.code)} ${String(verdict.body.detail)}`);
  }
  return problems;
}

type TargetView = { repository: string; tags: { name: string; state: string }[] };

function tagsOf({ suffix }: Merge): string[] {
  return [`master${suffix}`, `sha-5d0b549${suffix}`];
}

/** What the invariants ask: an index belongs to the run whose legs are exactly its children. */
export function factsOf(world: World, merges: readonly Merge[]): Facts {
  const stores = world.stack.registries.map(({ demo }) => demo.store);
  const childrenOf = (index: string): string[] => {
    const stored = stores.flatMap((store) => [CORE, BACKENDS].flatMap((name) => store.manifest(name, index) ?? []))[0];
    const { manifests = [] } = stored ? (JSON.parse(new TextDecoder().decode(stored.bytes)) as Index) : {};
    return manifests.map(({ digest }) => digest);
  };
  return {
    runOf: (index) => {
      const children = childrenOf(index);
      const merge = merges.find(
        ({ digests }) => children.length === digests.length && children.every((one) => digests.includes(one)),
      );
      return merge && { ...merge, digests: [...merge.digests, index] };
    },
    isTagged: (runId) => {
      const merge = merges.find(({ run_id }) => run_id === runId);
      return (
        merge !== undefined &&
        stores.every((store) => tagsOf(merge).every((tag) => store.manifest(repositoryOf(merge), tag) !== undefined))
      );
    },
  };
}
type Index = { manifests?: { digest: string }[] };
