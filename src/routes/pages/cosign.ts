import type { Config } from '../../lib/config.ts';
import type { MergeView } from '../../lib/merge/state.ts';
import { PUBLIC_GOOD_MIRROR } from '../../lib/sigstore/public-good.ts';
import { chooseInstance } from '../../lib/trust/instance.ts';

/**
 * The command with which anybody may check what was published; undefined before it is signed.
 *
 * @see https://github.com/sigstore/cosign/blob/v3.1.2/doc/cosign_verify.md
 */
export function cosignCommand(config: Config, { signature, digest, targets }: MergeView): string | undefined {
  const target = targets.find(({ state }) => state === 'published');
  if (!signature || digest === undefined || !target) return undefined;
  const lines = [
    'cosign verify',
    `--certificate-oidc-issuer ${quote(config.oidc.issuer)}`,
    `--certificate-identity ${quote(signature.identity)}`,
    ...(isPublicGood(config) ? [] : ['--trusted-root trusted_root.json']),
    quote(`${target.repository}@${digest}`),
  ];
  return lines.join(' \\\n  ');
}

/** Whether cosign knows this Sigstore by itself. */
export function isPublicGood(config: Config): boolean {
  const instance = chooseInstance(config.sigstore);
  return instance.kind === 'tuf' && instance.mirror === PUBLIC_GOOD_MIRROR;
}

/** A word of a shell, quoted where it must be. @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
