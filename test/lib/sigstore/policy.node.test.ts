import { describe, expect, it } from 'vitest';
import { isAnchored } from '../../../src/lib/sigstore/anchored.ts';
import { assessSigner } from '../../../src/lib/sigstore/policy.ts';

// In Node, for a Worker's clock stands still while it computes.
describe('the time that a regex takes', () => {
  const LONG = `${'a'.repeat(50_000)}!`;
  /** Milliseconds, the least of three tries: other programs share the machine. */
  const timeOf = (work: () => unknown) =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const started = performance.now();
        work();
        return performance.now() - started;
      }),
    );

  it.each(['(a+)+$', '(a|a)*$', '(a|aa)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){12}$'])(
    'is under 50 ms for %s and 50 KB',
    (identity_regex) => {
      const policy = { issuer: 'i', identity_regex };
      expect(timeOf(() => assessSigner(policy, { issuer: 'i', identity: LONG }))).toBeLessThan(50);
    },
  );
  it.each(['['.repeat(512), '[[:a:]'.repeat(85), '('.repeat(512), '\\Q'.repeat(256)])(
    'is under 50 ms to see whether it is anchored: %s',
    (regex) => {
      expect(timeOf(() => isAnchored(regex))).toBeLessThan(50);
    },
  );
});
