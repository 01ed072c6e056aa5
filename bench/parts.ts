import type { Part } from './part.ts';
import { merge } from './parts/merge.ts';
import { start } from './parts/start.ts';

/** In the order they run. */
export const PARTS: readonly Part[] = [merge, start];
