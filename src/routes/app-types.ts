import type { Env, Environment } from '../lib/environment.ts';

/** What every route has at hand. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: { readonly environment: Environment };
}
