// Throws generated requests at every route of a running Worker, and holds the answers against /openapi.json:
// npm run conformance:api [-- EXAMPLES]      (examples of each operation, default 60: about 2 400 cases, half a minute)
// Needs schemathesis 4 on the PATH, or where SCHEMATHESIS says: pip install schemathesis
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { AUDIENCE, MERGE } from '../demo/config.ts';
import { startDemoStack } from '../demo/stack.ts';
import { startMiniflare } from '../demo/worker.ts';

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];
/** A caller does not wait for what cannot complete. */
const DEADLINE_SECONDS = 5;
const TOKEN_SECONDS = 3600;

const stack = await startDemoStack();
const config = stack.musterConfig();
// One workflow with every role, so that requests get past the door.
const roles = ['report', 'plan', 'sign', 'maintain'].map((role) => [role, { workflows: [MERGE] }]);
const projects = config.projects.map((project) => ({ ...project, roles: Object.fromEntries(roles) }));
const worker = await startMiniflare(
  { ...config, projects: projects.filter(({ name }) => name === 'localai'), deadline_seconds: DEADLINE_SECONDS },
  { registryAuth: stack.registryAuth },
);
try {
  process.exitCode = await runSchemathesis(process.argv[2] ?? '60');
} finally {
  await worker.stop();
  await stack.close();
}

async function runSchemathesis(examples: string): Promise<number> {
  const claims = stack.issuer.claims({ job_workflow_ref: `${MERGE}@refs/heads/master` });
  const tokenFor = (audience: string) => stack.issuer.token(claims, audience, { expiresIn: TOKEN_SECONDS });
  const headers = [
    `Authorization: Bearer ${await tokenFor(AUDIENCE)}`,
    `Sigstore-Token: ${await tokenFor('sigstore')}`,
  ].flatMap((header) => ['--header', header]);
  const limits = ['--max-examples', examples, '--request-timeout', '30', '--seed', '1', '--no-color'];
  const args = [
    'run',
    `${worker.url}/openapi.json`,
    '--url',
    worker.url,
    '--checks',
    CHECKS.join(),
    ...headers,
    ...limits,
  ];
  const child = spawn(process.env.SCHEMATHESIS ?? 'schemathesis', args, {
    // It leaves a folder where it runs.
    cwd: tmpdir(),
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 1));
  });
}
