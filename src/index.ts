/** What the Worker serves, what its cron trigger does, and its Durable Objects. */
import type { Env } from './lib/environment.ts';
import { app } from './routes/app.ts';
import { runScheduled } from './scheduled.ts';

export { GalleryObject } from './lib/gallery/audit/gallery-object.ts';
export { RepositoryObject } from './lib/gallery/pull-through/repository-object.ts';
export { KeepalivesObject } from './lib/keepalive/keepalives-object.ts';
export { MergeObject } from './lib/merge/merge-object.ts';
export { TagLockObject } from './lib/merge/tag-lock/tag-lock-object.ts';
export { RunIndexObject } from './lib/runs/run-index-object.ts';
export { RunObject } from './lib/runs/run-object.ts';
export { TrustRootObject } from './lib/trust/trust-root-object.ts';

export default {
  fetch: app.fetch,
  scheduled: (controller, env) => runScheduled(env, controller),
} satisfies ExportedHandler<Env>;
