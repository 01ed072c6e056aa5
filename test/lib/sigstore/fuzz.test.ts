import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SigstoreError } from '../../../src/lib/sigstore/error.ts';
import { policySchema } from '../../../src/lib/sigstore/policy.ts';
import { parseSigningConfig } from '../../../src/lib/sigstore/signing-config.ts';
import { parseTrustedRoot } from '../../../src/lib/sigstore/trusted-root.ts';
import { DIGEST, dsse, dsseRoot, edit, message, POLICY, verifyDsse, verifyMessage } from './setup.ts';

/** Runs; what is thrown must have a code. */
function attempt<Value>(work: () => Value): Value | SigstoreError {
  try {
    return work();
  } catch (error) {
    if (error instanceof SigstoreError) return error;
    throw error;
  }
}

/** The path of every member, lists and objects too. */
function pathsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return path === '' ? [] : [path];
  const below = Object.entries(value).flatMap(([key, member]) => pathsOf(member, path === '' ? key : `${path}.${key}`));
  return path === '' ? below : [path, ...below];
}

const at = (document: unknown, path: string) =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

/** Another value for a member: any JSON, nothing, or its own text with a character exchanged. */
const replacement = (present: unknown) =>
  fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constant(undefined),
    fc.constantFrom('', '0', '-1', '9'.repeat(50_000), 'A'.repeat(50_000), 'AAAA', '\u0000', [], {}, [[]], null, 1e308),
    ...(typeof present === 'string' && present.length > 0
      ? [
          fc
            .tuple(fc.nat(present.length - 1), fc.constantFrom('A', 'B', '0', '/', '=', '\n'))
            .map(([index, other]) => present.slice(0, index) + other + present.slice(index + 1)),
        ]
      : []),
  );

/** A document with one to three of its members replaced. */
const mutant = <Document>(document: Document) =>
  fc
    .uniqueArray(fc.constantFrom(...pathsOf(document)), { minLength: 1, maxLength: 3 })
    .chain((paths) =>
      fc.tuple(...paths.map((path) => replacement(at(document, path)).map((value) => ({ path, value })))),
    )
    .map((changes) =>
      changes.reduce((edited, { path, value }) => {
        const parent = path.includes('.') ? at(edited, path.slice(0, path.lastIndexOf('.'))) : edited;
        return typeof parent === 'object' && parent !== null ? edit(edited, path, value) : edited;
      }, document),
    );

const options = { numRuns: 200, seed: 20_261_101 };

describe('verifyBundle', () => {
  it('answers anything with a verdict', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (bundle) => {
        expect(attempt(() => verifyDsse(bundle))).toBeInstanceOf(SigstoreError);
      }),
      options,
    );
  });
  it('lets no change of a bundle make another signer or subject of it', () => {
    fc.assert(
      fc.property(mutant(dsse), (bundle) => {
        const outcome = attempt(() => verifyDsse(bundle));
        if (!(outcome instanceof SigstoreError))
          expect(outcome).toMatchObject({ signer: POLICY, subjects: [DIGEST], log: verifyDsse().log });
      }),
      options,
    );
  });
  it('lets no change of a plain signature make another signer or moment of it', () => {
    const { timestamps, log } = verifyMessage();
    fc.assert(
      fc.property(mutant(message), (bundle) => {
        const outcome = attempt(() => verifyMessage(bundle));
        if (!(outcome instanceof SigstoreError)) expect(outcome).toMatchObject({ signer: POLICY, timestamps, log });
      }),
      options,
    );
  });
});

describe('parseTrustedRoot', () => {
  it('refuses anything with a code', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        expect(attempt(() => parseTrustedRoot(json))).toMatchObject({ code: 'ROOT_INVALID' });
      }),
      options,
    );
  });
  it('makes of any change a root that still gives verdicts', () => {
    fc.assert(
      fc.property(mutant(dsseRoot), (json) => {
        const trust = attempt(() => parseTrustedRoot(json));
        if (trust instanceof SigstoreError) expect(trust.code).toBe('ROOT_INVALID');
        else attempt(() => verifyDsse(dsse, { trust }));
      }),
      { ...options, numRuns: 100 },
    );
  });
});

describe('policySchema', () => {
  const field = fc.oneof(fc.string(), fc.constantFrom('(', '(?=a)', '\\', '[[:', '(?P<', '^', '$'), fc.jsonValue());
  const policy = fc.dictionary(fc.constantFrom(...Object.keys(policySchema.unwrap().shape), '__proto__', 'x'), field);
  it('admits nobody by accident', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), policy), (json) => {
        const { data } = policySchema.safeParse(json);
        if (!data) return;
        const isNamed = (data.issuer ?? data.issuer_regex) && (data.identity ?? data.identity_regex);
        expect(Boolean(data.public_key) !== Boolean(isNamed)).toBe(true);
      }),
      { ...options, numRuns: 2000 },
    );
  });
});

describe('parseSigningConfig', () => {
  const service = { url: 'https://a.test', majorApiVersion: 1, validFor: { start: '2024-01-01T00:00:00Z' } };
  const config = {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service],
    rekorTlogUrls: [service, { ...service, majorApiVersion: 2 }],
    tsaUrls: [service],
  };
  it('answers any change with services or a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutant(config)), (json) => {
        const outcome = attempt(() => parseSigningConfig(json, Date.UTC(2026, 0)));
        if (outcome instanceof SigstoreError) expect(outcome.code).toBe('SIGNING_CONFIG_INVALID');
      }),
      options,
    );
  });
});
