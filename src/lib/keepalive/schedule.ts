import { type Env, environmentOf } from '../environment.ts';
import { messageOf } from '../error.ts';
import { keepalivesOf } from './names.ts';
import { anchorRepositories } from './rules.ts';

/** The cron's share: begins the cleanup of each repository that holds anchors. One that fails keeps no other from it. */
export async function startCleanups(env: Env): Promise<Record<string, string>> {
  const names = [...anchorRepositories(environmentOf(env).services).keys()];
  const started = await Promise.all(
    names.map((name) =>
      Promise.resolve(keepalivesOf(env, name).sweep(name)).catch((error: unknown) => `failed: ${messageOf(error)}`),
    ),
  );
  return Object.fromEntries(names.map((name, index) => [name, started[index] ?? '']));
}
