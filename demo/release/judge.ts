import type { Answer } from '../caller.ts';
import type { RegistryClient } from '../client.ts';
import { BACKENDS, CACHE } from '../config.ts';
import type { ReleaseMerge } from './matrix.ts';
import type { Release } from './replay.ts';

/** What a whole release came to. */
export interface Replayed {
  readonly reported: readonly Answer[];
  readonly finished: readonly Answer[];
  /** The run's state after it. */
  readonly run: Answer;
}

interface RunAnswer {
  readonly counts?: Readonly<Record<string, number>>;
  readonly overdue?: number;
  readonly merges?: readonly { readonly tag_suffix: string; readonly state: string; readonly digest?: string }[];
}

/** What is not as it should be, in the answers and in both registries; nothing where all is well. */
export async function judgeRelease(release: Release, { reported, finished, run }: Replayed): Promise<string[]> {
  const { merges, clients } = release;
  const { counts = {}, overdue, merges: seen = [] }: RunAnswer = run.body;
  const digests = new Map(seen.map(({ tag_suffix, digest }) => [tag_suffix, digest]));
  const registries = await Promise.all(clients.map((client) => judgeRegistry(client, merges, digests)));
  return [
    ...refused('a report', reported, [202]),
    ...refused('a finishing call', finished, [200]),
    ...unless(
      counts.published === merges.length && overdue === 0,
      `the run counts ${JSON.stringify({ counts, overdue })}`,
    ),
    ...registries.flat(),
  ];
}

async function judgeRegistry(
  client: RegistryClient,
  merges: readonly ReleaseMerge[],
  digests: ReadonlyMap<string, string | undefined>,
): Promise<string[]> {
  const anchors = (await client.tags(CACHE)).filter((tag) => tag.startsWith('keepalive-'));
  const tags = await client.tags(BACKENDS);
  const expected = merges.flatMap(({ tag_suffix }) => [`master${tag_suffix}`, `sha-5d0b549${tag_suffix}`]);
  const images = tags.filter((tag) => !tag.startsWith('sha256-'));
  const problems: string[] = [];
  for (const { tag_suffix, legs } of merges) {
    const image = await client.pull(BACKENDS, `master${tag_suffix}`);
    const { manifests = [] }: { manifests?: { digest: string }[] } = JSON.parse(image?.text ?? '{}');
    const children = manifests.map(({ digest }) => digest).sort();
    const wanted = legs.map((leg) => leg.image.digest).sort();
    if (image?.digest !== digests.get(tag_suffix)) problems.push(`master${tag_suffix} is ${image?.digest}`);
    if (String(children) !== String(wanted)) problems.push(`master${tag_suffix} holds ${children}`);
  }
  return [
    ...problems,
    ...unless(
      String(images.sort()) === String(expected.sort()),
      `there are ${images.length} tags, not ${expected.length}`,
    ),
    ...unless(anchors.length === 0, `${anchors.length} anchors are left: ${anchors.slice(0, 3)}`),
  ];
}

function refused(what: string, answers: readonly Answer[], allowed: readonly number[]): string[] {
  const others = answers.filter(({ status }) => !allowed.includes(status));
  return others.map(({ status, body }) => `${what}: ${status} ${JSON.stringify(body).slice(0, 300)}`);
}

function unless(holds: boolean, otherwise: string): string[] {
  return holds ? [] : [otherwise];
}
