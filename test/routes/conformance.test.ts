/// <reference types="vite/types/importMeta.d.ts" />
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { buildRequest, type ConformanceCase, isExpected } from '../../scripts/conformance-case.ts';
import { app } from '../../src/routes/app.ts';

const FOLDER = '../fixtures/conformance';
const files = import.meta.glob<string>('../fixtures/conformance/**/*', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const names = Object.keys(files)
  .map((path) => path.split('/'))
  .filter((parts) => parts.at(-1) === 'bundle.sigstore.json')
  .map((parts) => parts.at(-2) ?? '');

function readCase(name: string): ConformanceCase {
  const read = (file: string) => files[`${FOLDER}/bundle-verify/${name}/${file}`];
  return {
    name,
    bundle: read('bundle.sigstore.json') ?? '',
    artifact: new TextEncoder().encode(read('artifact') ?? files[`${FOLDER}/a.txt`]),
    identity: read('identity'),
    issuer: read('issuer'),
    key: read('key.pub'),
    trustedRoot: read('trusted_root.json'),
  };
}

describe('POST /v1/verify/bundle', () => {
  it('is asked every case that is kept here', () => {
    expect(names).toHaveLength(47);
  });

  it.each(names)('answers as sigstore-conformance wants: %s', async (name) => {
    const one = readCase(name);
    const body = JSON.stringify(buildRequest(one));
    const response = await app.request('/v1/verify/bundle', { method: 'POST', body }, env);
    expect([response.status, isExpected(one, response.status)]).toEqual([expect.any(Number), true]);
  });
});
