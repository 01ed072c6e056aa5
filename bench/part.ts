import type { Figure } from './figure.ts';

/** What the command line asks for. */
export interface BenchOptions {
  /** How often each thing is measured. */
  readonly repeats: number;
  /** Fewer and smaller: to see that everything works, not for figures to quote. */
  readonly quick: boolean;
  /** Says what is under way. */
  readonly say: (line: string) => void;
}

/** A part of the bench. */
export interface Part {
  /** As on the command line; `docs/performance.md` has a block and `docs/bench-<name>.svg` a picture of it. */
  readonly name: string;
  readonly title: string;
  /** @throws {Error} where something could not be measured */
  run(options: BenchOptions): Promise<readonly Figure[]>;
}

/** What a part gave. */
export interface Result {
  readonly part: Pick<Part, 'name' | 'title'>;
  readonly figures: readonly Figure[];
  /** Why there is nothing, or not all. */
  readonly failure?: string;
}
