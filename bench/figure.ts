/** What repeats of one measurement gave. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What a figure is held to; of `ratio`, how many times better than the peer Muster must be. */
export interface Goal {
  readonly of: 'muster' | 'ratio';
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One thing measured, beside the same thing done by a peer where there is one. */
export interface Figure {
  /** Unique within its part: `2 arches x 2 registries, Rekor v2`. */
  readonly name: string;
  /** `ms`, `s`, `calls`, `round trips`, `MB`, `MB/s`, `1/s`, `KiB`; `exponent` for how cost grows. */
  readonly unit: string;
  readonly muster: Spread;
  readonly peer?: Spread & { readonly name: string };
  /** Whether more is better, as for a throughput; default false. */
  readonly moreIsBetter?: boolean;
  readonly goal?: Goal;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (upper === undefined || lower === undefined || min === undefined || max === undefined)
    throw new Error('nothing was measured');
  return { min, median: (lower + upper) / 2, max };
}

/** A figure that does not vary: a count, a size. */
export function exactly(value: number): Spread {
  return { min: value, median: value, max: value };
}

/** How many times better Muster is than the peer, by the medians; undefined without a peer. */
export function ratioOf({ muster, peer, moreIsBetter = false }: Figure): number | undefined {
  if (!peer) return undefined;
  return moreIsBetter ? muster.median / peer.median : peer.median / muster.median;
}

/** Whether a figure reaches its goal; undefined without one. */
export function reachesGoal(figure: Figure): boolean | undefined {
  const { goal } = figure;
  if (!goal) return undefined;
  const value = goal.of === 'muster' ? figure.muster.median : (ratioOf(figure) ?? Number.NaN);
  return value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (goal.atMost ?? Number.POSITIVE_INFINITY);
}

/**
 * The exponent `b` of `y = a * x^b`, by least squares over the logarithms: 1 is linear, 0 does not grow.
 *
 * @param points `x` and `y`, both above zero; at least two different `x`
 */
export function exponentOf(points: readonly (readonly [x: number, y: number])[]): number {
  return slopeOf(points.map(([x, y]) => [Math.log(x), Math.log(y)] as const));
}

/** The slope of the line through points, by least squares. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const covariance = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return covariance / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
