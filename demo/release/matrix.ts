import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Arch, buildImage, type Image, type Layer, packLayer } from '../images.ts';
import { ROOT, runProgram } from '../process.ts';

/** LocalAI's build matrix, all 519 rows. */
export const MATRIX_FILE = `${ROOT}test/fixtures/localai-matrix/backend-matrix.json`;

/** How LocalAI's matrix job cuts the rows of one leg: into four jobs' matrices. */
const SINGLE_SHARDS = 4;

const rowSchema = z.object({
  'tag-suffix': z.string(),
  'platform-tag': z.string().optional(),
  platforms: z.enum(['linux/amd64', 'linux/arm64']),
});
const matrixSchema = z.object({ include: z.array(rowSchema) });

/** What a build job pushes and reports. */
export interface Leg {
  readonly tag_suffix: string;
  /** `single` where the suffix has this leg only. */
  readonly platform_tag: string;
  readonly image: Image;
}

/** All legs of one tag suffix. */
export interface ReleaseMerge {
  readonly tag_suffix: string;
  readonly legs: readonly Leg[];
}

/** An entry of a plan, as `examples/plan-from-matrix.mjs` writes it. */
export type PlanEntry = Readonly<Record<'tag_suffix', string>> & object;

/** The plan of the whole matrix, made by the converter that CI jobs use: 448 merges. */
export async function planWholeMatrix(): Promise<readonly PlanEntry[]> {
  const text = await runProgram(process.execPath, [`${ROOT}examples/plan-from-matrix.mjs`, MATRIX_FILE]);
  return z.object({ merges: z.array(z.looseObject({ tag_suffix: z.string() })) }).parse(JSON.parse(text)).merges;
}

/**
 * The Linux part of the matrix, in its order: 386 merges of 457 legs, each leg an image of its own that shares its layer.
 *
 * @param every keeps each n-th merge only; default 1, all of them
 */
export async function readRelease(every = 1): Promise<readonly ReleaseMerge[]> {
  const { include } = matrixSchema.parse(JSON.parse(await readFile(MATRIX_FILE, 'utf8')));
  const layers = { amd64: layerOf('amd64'), arm64: layerOf('arm64') };
  const merges = new Map<string, Leg[]>();
  for (const row of include) {
    const tag_suffix = row['tag-suffix'];
    const arch: Arch = row.platforms === 'linux/amd64' ? 'amd64' : 'arm64';
    const image = buildImage(arch, layers[arch], `backend${tag_suffix}`);
    const leg = { tag_suffix, platform_tag: row['platform-tag'] || 'single', image };
    merges.set(tag_suffix, [...(merges.get(tag_suffix) ?? []), leg]);
  }
  return [...merges].map(([tag_suffix, legs]) => ({ tag_suffix, legs })).filter((_, index) => index % every === 0);
}

/** The suffixes of each finishing job: one for what has several legs, and four for the rest. */
export function shardsOf(merges: readonly ReleaseMerge[]): readonly (readonly string[])[] {
  const suffixesOf = (some: readonly ReleaseMerge[]) => some.map(({ tag_suffix }) => tag_suffix);
  const multiple = merges.filter(({ legs }) => legs.length > 1);
  const single = merges.filter(({ legs }) => legs.length === 1);
  const size = Math.ceil(single.length / SINGLE_SHARDS);
  const cut = Array.from({ length: SINGLE_SHARDS }, (_, at) => single.slice(at * size, (at + 1) * size));
  return [multiple, ...cut].filter((shard) => shard.length > 0).map(suffixesOf);
}

function layerOf(arch: Arch): Layer {
  return packLayer(Buffer.from(`a program for ${arch}`));
}
