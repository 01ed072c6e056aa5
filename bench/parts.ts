import type { Part } from './part.ts';
import { copy } from './parts/copy.ts';
import { growth } from './parts/growth.ts';
import { merge } from './parts/merge.ts';
import { proxy } from './parts/proxy.ts';
import { release } from './parts/release.ts';
import { start } from './parts/start.ts';
import { verify } from './parts/verify.ts';

/** In the order they run. */
export const PARTS: readonly Part[] = [merge, verify, release, proxy, copy, start, growth];
