import { type Answer, type Call, Caller } from '../../demo/caller.ts';
import { RegistryClient } from '../../demo/client.ts';
import { BUILD } from '../../demo/config.ts';
import { type Served, serve } from '../../demo/serve.ts';
import { type DemoStack, type StackRegistry, startDemoStack } from '../../demo/stack.ts';
import { type RunningWorker, startMiniflare } from '../../demo/worker.ts';
import { expectOk } from './expect.ts';
import { publishGallery } from './gallery.ts';
import { GALLERY } from './gallery-file.ts';
import { createPush, type Push } from './push.ts';
import { type Merge, PLACES, REF } from './release.ts';

/** A Worker on the embedded services, in the middle of a release, and what its pages are about. */
export interface Scene {
  readonly url: string;
  readonly stack: DemoStack;
  call(call: Call): Promise<Answer>;
  push: Push;
  report(runId: string, merge: Merge, arches: readonly string[]): Promise<void>;
  finish(runId: string, suffixes: readonly string[]): Promise<Answer>;
  /** Lets go of what was held up. */
  release(): void;
  close(): Promise<void>;
}

/** Starts the services under the names that LocalAI's registries have, and a Worker on them. */
export async function startScene(): Promise<Scene> {
  const held = new Map<string, () => void>();
  const stack = await startDemoStack({
    intercept: async (request, handler) => {
      if (isHeld(request)) await new Promise<void>((resolve) => held.set(request.url, resolve));
      return handler(request);
    },
  });
  const clients = stack.registries.map((registry) => new RegistryClient(registry));
  const push = createPush(clients);
  const cutOff = await publishGallery({ stack, clients, push });
  const file = await serve(async () => new Response(GALLERY));
  const start = () => startMiniflare(configure(stack, file, cutOff), { registryAuth: authorize(stack) });
  // On a busy machine workerd may end while it starts; that is not what these cases look at.
  const worker = await start().catch(start);
  const caller = new Caller(worker.url, stack.issuer);
  return {
    url: worker.url,
    stack,
    call: (call) => caller.call(call),
    push,
    report: async (run_id, { suffix, legs }, arches) => {
      for (const { arch, digest } of await push(`backend${suffix}`, arches)) {
        const body = { tag_suffix: suffix, platform_tag: arch, digest, expect: legs };
        await expectOk(caller.call({ method: 'POST', path: '/v1/arrivals', claims: { ...BUILDER, run_id }, body }));
      }
    },
    finish: (run_id, tag_suffixes) =>
      caller.call({
        method: 'POST',
        path: `/v1/runs/localai/${run_id}/finish`,
        claims: { ref: REF, run_id },
        body: { tag_suffixes },
      }),
    release: () => {
      for (const resolve of held.values()) resolve();
      held.clear();
    },
    close: () => closeAll(worker, file, stack, held),
  };
}

const BUILDER = { ref: REF, job_workflow_ref: `${BUILD}@${REF}` };
/** The tags whose writing is held up, so that their merges can be seen at work. */
const HELD = ['-cpu-sglang', '-gpu-nvidia-cuda-12-faster-whisper', '-gpu-rocm-hipblas-diffusers'];

function isHeld({ method, url }: Request): boolean {
  return method === 'PUT' && HELD.some((suffix) => url.endsWith(`/manifests/v4.3.0${suffix}`));
}

/** @param not_before what was signed earlier no longer counts, RFC 3339 */
function configure(stack: DemoStack, file: Served, not_before: string): object {
  const config = stack.musterConfig();
  const registries = PLACES.map(({ host, alias }, at) => ({ ...config.registries[at], host, alias }));
  const targets = PLACES.map((place) => ({
    repository: `${place.host}/${place.repository}`,
    ...('source' in place ? { source: `${place.host}/${place.source}` } : {}),
    public: true,
  }));
  return {
    ...config,
    deadline_seconds: 5,
    registries,
    projects: config.projects.filter(({ name }) => name === 'localai').map((project) => ({ ...project, targets })),
    policies: config.policies.filter(({ name }) => name === 'localai').map((policy) => ({ ...policy, not_before })),
    galleries: [{ name: 'localai', url: `${file.origin}/backend/index.yaml`, policy: 'localai' }],
  };
}

/** The credentials, under the names that the registries have here. */
function authorize({ registries }: DemoStack): string {
  const entry = ({ username, password }: StackRegistry) => ({
    auth: Buffer.from(`${username ?? 'anybody'}:${password ?? 'anything'}`).toString('base64'),
  });
  return JSON.stringify({
    auths: Object.fromEntries(PLACES.map(({ host }, at) => [host, entry(registries[at as 0 | 1])])),
  });
}

async function closeAll(worker: RunningWorker, file: Served, stack: DemoStack, held: ReadonlyMap<string, () => void>) {
  for (const resolve of held.values()) resolve();
  await worker.stop();
  await file.close();
  await stack.close();
}
