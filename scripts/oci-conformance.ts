// The OCI distribution conformance program against the embedded registry, as it is and without the referrers API.
// Builds the program from the Go module proxy where it is missing (Go 1.26, under a minute).
// Says for each of the specification's four categories which of its APIs passed, and ends with `N passed, N failed`;
// the exit status is 0 exactly when nothing failed and every category was tested.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { parse } from 'yaml';
import { z } from 'zod';
import { runProgram } from '../demo/process.ts';
import { createDemoRegistry, type DemoRegistryOptions } from '../demo/registry/registry.ts';
import { serve } from '../demo/serve.ts';

const PACKAGE = 'github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111';
/** Each API that the program reports belongs to one, by its name. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#workflow-categories */
const CATEGORIES = [
  ['content management', / delete/],
  ['content discovery', /^(?:Referrers|Tag listing)$/],
  ['pull', / (?:get|head)(?: |$)|^Ping$/],
  ['push', /./],
] as const;
const reportSchema = z.object({ apis: z.record(z.string(), z.string()) });
const folder = process.env.MUSTER_PEERS ?? `${homedir()}/.cache/muster-peers`;

if (!existsSync(`${folder}/conformance`)) build();
const results = [
  await judge('as it is', {}, {}),
  await judge('with tokens, its blobs in files', { dataDir: mkdtempSync(`${tmpdir()}/muster-registry-`) }, {}, true),
  await judge(
    'without the referrers API and mounts',
    { referrersApi: false, mounts: false, singlePost: false },
    { OCI_API_REFERRER: 'false' },
  ),
];
const passed = results.reduce((sum, one) => sum + one.passed, 0);
const failed = results.reduce((sum, one) => sum + one.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function build(): void {
  console.log(`building ${PACKAGE}`);
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, CGO_ENABLED: '0', PATH: `${process.env.PATH}:/usr/local/go/bin` };
  const { status } = spawnSync('go', ['install', PACKAGE], { env, stdio: 'inherit' });
  if (status !== 0) throw new Error('go install failed');
}

/** Runs the program against one registry and counts the cases in its JUnit report. */
async function judge(title: string, options: DemoRegistryOptions, settings: Record<string, string>, tokens = false) {
  const account = { username: 'conformance', password: 'conformance' };
  const current: { handler?: (request: Request) => Promise<Response> } = {};
  const { origin, close } = await serve(
    (request) => current.handler?.(request) ?? Promise.reject(new Error('starting')),
  );
  current.handler = createDemoRegistry({ ...options, ...(tokens ? { auth: { ...account, origin } } : {}) }).fetch;
  const out = mkdtempSync(`${tmpdir()}/muster-conformance-`);
  Object.assign(process.env, {
    OCI_VERSION: '1.1',
    OCI_REGISTRY: new URL(origin).host,
    OCI_TLS: 'disabled',
    OCI_RESULTS_DIR: out,
    OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
    OCI_API_BLOBS_DIGEST_HEADER: 'true',
    OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
    OCI_USERNAME: tokens ? account.username : '',
    OCI_PASSWORD: tokens ? account.password : '',
    OCI_API_REFERRER: 'true',
    ...settings,
  });
  const ended = await runProgram(`${folder}/conformance`, [], out).then(
    () => true,
    () => false,
  );
  await close();
  const counted = readReports(title, out, ended);
  rmSync(out, { recursive: true });
  if (options.dataDir !== undefined) rmSync(options.dataDir, { recursive: true });
  return counted;
}

/** What the program wrote to a folder; one that ended early, or left a category out, has failed. */
function readReports(title: string, folder: string, ended: boolean) {
  const counted = countCases(readFileSync(`${folder}/junit.xml`, 'utf8'));
  const categories = sortApis(readFileSync(`${folder}/results.yaml`, 'utf8'));
  const isWhole = counted.passed > 0 && categories.every(({ passed }) => passed.length > 0);
  if (!(ended && isWhole) && counted.failed === 0) counted.failed = 1;
  console.log(`${title}: ${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped`);
  for (const { category, passed, others } of categories)
    console.log(`  ${category}: ${[`${passed.length} APIs pass`, ...others].join(', ')}`);
  for (const name of counted.names) console.log(`  failed: ${name}`);
  return counted;
}

/** The APIs of each category: which passed, and what else the program says of the others. */
function sortApis(report: string) {
  const { apis } = reportSchema.parse(parse(report));
  const categoryOf = (api: string) => CATEGORIES.find(([, names]) => names.test(api))?.[0];
  return CATEGORIES.map(([category]) => {
    const mine = Object.entries(apis).filter(([api]) => categoryOf(api) === category);
    const passed = mine.filter(([, state]) => state === 'Pass').map(([api]) => api);
    const others = mine.filter(([, state]) => state !== 'Pass').map(([api, state]) => `${api}: ${state}`);
    return { category, passed, others };
  });
}

/** The report's totals, and the names of the cases that failed. A skipped case is one that the registry says it lacks. */
function countCases(junit: string) {
  const total = (name: string) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(junit)?.[1] ?? 0);
  const [tests = 0, failures = 0, errors = 0, skipped = 0] = ['tests', 'failures', 'errors', 'skipped'].map(total);
  const failed = failures + errors;
  const names = [...junit.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<failure/g)].map(([, name = '']) => name);
  return { passed: tests - failed - skipped, failed, skipped, names };
}
