// Throws generated requests at every route of a running Worker, and holds the answers against /openapi.json:
// npm run conformance:api [-- EXAMPLES]     (examples of each operation, default 60: about 3 000 cases, a minute)
// Installs schemathesis from PyPI at its first run; SCHEMATHESIS may name another one.
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { Caller } from '../demo/caller.ts';
import { RegistryClient } from '../demo/client.ts';
import { AUDIENCE, BACKENDS, MERGE } from '../demo/config.ts';
import { ARCHES, buildImage, packLayer } from '../demo/images.ts';
import { startDemoStack } from '../demo/stack.ts';
import { startMiniflare } from '../demo/worker.ts';
import { PARAMETERS } from '../src/routes/openapi/parameters.ts';
import { findSchemathesis } from './schemathesis.ts';

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** A caller does not wait for what cannot complete. */
const DEADLINE_SECONDS = 5;
const TOKEN_SECONDS = 3600;
/** They stay open for as long as somebody listens; schemathesis would. */
const STREAMS = '/events$';
const CLAIMS = { job_workflow_ref: `${MERGE}@refs/heads/master`, run_id: PARAMETERS.run_id.example };

const program = await findSchemathesis();
const stack = await startDemoStack();
const config = stack.musterConfig();
// One workflow with every role, so that requests get past the door.
const roles = ['report', 'plan', 'sign', 'maintain'].map((role) => [role, { workflows: [MERGE] }]);
const projects = config.projects.map((project) => ({ ...project, roles: Object.fromEntries(roles) }));
// Nothing leaves this machine: what a request names elsewhere is looked for here.
const [, anybodys] = stack.registries;
const elsewhere = ['docker.io', 'quay.io', 'ghcr.io'].map((host) => {
  return { host, origin: anybodys.origin, realms: [], anonymous: true };
});
const registries = [...config.registries, ...elsewhere];
const worker = await startMiniflare(
  {
    ...config,
    registries,
    projects: projects.filter(({ name }) => name === 'localai'),
    deadline_seconds: DEADLINE_SECONDS,
  },
  { registryAuth: stack.registryAuth },
);
try {
  await publish();
  process.exitCode = await runSchemathesis(process.argv[2] ?? '60');
} finally {
  await worker.stop();
  await stack.close();
}

/** The merge that the document's examples name, so that they find something. */
async function publish(): Promise<void> {
  const caller = new Caller(worker.url, stack.issuer);
  let answer = { status: 0, body: {} };
  for (const arch of ARCHES) {
    const image = buildImage(arch, packLayer(Buffer.from(arch)), 'published');
    for (const registry of stack.registries) await new RegistryClient(registry).pushImage(BACKENDS, image);
    const body = {
      tag_suffix: PARAMETERS.tag_suffix.example,
      platform_tag: arch,
      digest: image.digest,
      expect: ARCHES,
    };
    answer = await caller.call({ method: 'POST', path: '/v1/arrivals', claims: CLAIMS, body });
  }
  if (answer.status !== 200) throw new Error(`nothing was published: ${JSON.stringify(answer)}`);
}

async function runSchemathesis(examples: string): Promise<number> {
  const claims = stack.issuer.claims(CLAIMS);
  const tokenFor = (audience: string) => stack.issuer.token(claims, audience, { expiresIn: TOKEN_SECONDS });
  const headers = [
    `Authorization: Bearer ${await tokenFor(AUDIENCE)}`,
    `Sigstore-Token: ${await tokenFor('sigstore')}`,
  ].flatMap((header) => ['--header', header]);
  const limits = ['--max-examples', examples, '--request-timeout', '30', '--seed', '1', '--no-color'];
  const document = `${worker.url}/openapi.json`;
  const args = [
    'run',
    document,
    '--url',
    worker.url,
    '--checks',
    CHECKS.join(),
    '--exclude-path-regex',
    STREAMS,
    ...headers,
    ...limits,
  ];
  const child = spawn(program, args, {
    // It leaves a folder where it runs.
    cwd: tmpdir(),
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
  });
}
