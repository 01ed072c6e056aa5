// Runs the bundle cases of sigstore-conformance through the Worker's POST /v1/verify/bundle, under `wrangler dev`.
// npm run conformance [-- DIR]      DIR: the suite's test/assets, or its bundle-verify; default: the cases kept here
// Prints each answer that is not as expected, and the score; exits 0 only if all are as expected.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ROOT } from '../demo/process.ts';
import { startWorker } from '../demo/worker.ts';
import { PUBLIC_GOOD_MIRROR, packagedDocuments } from '../src/lib/sigstore/public-good.ts';
import { buildRequest, type ConformanceCase, isExpected } from './conformance-case.ts';

const [given] = process.argv.slice(2);
const folder =
  given === undefined ? join(ROOT, 'test/fixtures/conformance') : resolve(process.env.INIT_CWD ?? '.', given);
const cases = readCases(folder);
if (cases.length === 0) {
  console.error(`${folder}: no folder there has a bundle.sigstore.json`);
  process.exit(2);
}
const worker = await startWorker(buildConfig());
try {
  let right = 0;
  for (const one of cases) {
    const { status, text } = await send(one);
    if (isExpected(one, status)) right += 1;
    else console.log(`${one.name}: ${status} ${text.slice(0, 200)}`);
  }
  console.log(`${right}/${cases.length}`);
  process.exitCode = right === cases.length ? 0 : 1;
} finally {
  await worker.stop();
}

function readCases(assets: string): readonly ConformanceCase[] {
  const parent = basename(assets) === 'bundle-verify' ? assets : join(assets, 'bundle-verify');
  const names = existsSync(parent) ? readdirSync(parent).sort() : [];
  return names
    .filter((name) => existsSync(join(parent, name, 'bundle.sigstore.json')))
    .map((name) => readCase(parent, name));
}

function readCase(parent: string, name: string): ConformanceCase {
  const read = (file: string) =>
    existsSync(join(parent, name, file)) ? readFileSync(join(parent, name, file)) : undefined;
  return {
    name,
    bundle: readFileSync(join(parent, name, 'bundle.sigstore.json'), 'utf8'),
    artifact: read('artifact') ?? readFileSync(join(dirname(parent), 'a.txt')),
    identity: read('identity')?.toString(),
    issuer: read('issuer')?.toString(),
    key: read('key.pub')?.toString(),
    trustedRoot: read('trusted_root.json')?.toString(),
  };
}

async function send(one: ConformanceCase): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${worker.url}/v1/verify/bundle`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(buildRequest(one)),
  });
  return { status: response.status, text: await response.text() };
}

/** No mirror is asked: where a case brings no trusted root, it is the packaged one. */
function buildConfig(): object {
  const trustedRoot = packagedDocuments(PUBLIC_GOOD_MIRROR)?.trustedRoot ?? '{}';
  const project = {
    name: 'conformance',
    repository: 'owner/name',
    repository_id: '1',
    repository_owner_id: '1',
    refs: ['refs/heads/main'],
    tags: ['type=sha'],
    policy: 'conformance',
    roles: {},
    targets: [{ repository: 'quay.io/owner/name' }],
  };
  return {
    audience: 'https://muster.test',
    sigstore: { trusted_root: JSON.parse(trustedRoot) as object, signing_config: {} },
    projects: [project],
    policies: [{ name: 'conformance', issuer: 'https://issuer.test', identity: 'nobody' }],
  };
}
