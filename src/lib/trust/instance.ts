import { createHash } from 'node:crypto';
import bundled from '../../../sigstore.json' with { type: 'json' };
import { parseSigstoreSettings } from '../config.ts';
import { PUBLIC_GOOD_MIRROR, packagedDocuments } from '../sigstore/public-good.ts';
import type { SigstoreSettings } from '../sigstore/settings.ts';

/** A Sigstore whose documents stand in the configuration. */
export interface DocumentsInstance {
  readonly kind: 'documents';
  readonly trustedRoot: object;
  readonly signingConfig: object;
}

/** A Sigstore that publishes its documents by TUF. */
export interface TufInstance {
  readonly kind: 'tuf';
  /** The mirror's URL, without a slash at its end. */
  readonly mirror: string;
  /** The TUF root that everything hangs from, `root.json`'s text. */
  readonly root: string;
  /** A trusted root to begin with, for as long as `root` is not expired. */
  readonly packaged?: string;
}

export type SigstoreInstance = DocumentsInstance | TufInstance;

/**
 * Which Sigstore is meant: what the variables say, else what stands in `sigstore.json`, a file that is built in for
 * documents too large for a variable, else the public-good one.
 *
 * @throws {ConfigError} CONFIG_INVALID where that file is none
 */
export function chooseInstance(settings: SigstoreSettings, file: unknown = bundled): SigstoreInstance {
  const { tuf, trusted_root, signing_config } =
    Object.keys(settings).length > 0 ? settings : parseSigstoreSettings('sigstore.json', file);
  if (trusted_root && signing_config)
    return { kind: 'documents', trustedRoot: trusted_root, signingConfig: signing_config };
  const mirror = tuf?.url ?? PUBLIC_GOOD_MIRROR;
  const packaged = packagedDocuments(mirror);
  if (tuf?.root === undefined && packaged)
    return { kind: 'tuf', mirror, root: packaged.root, packaged: packaged.trustedRoot };
  return { kind: 'tuf', mirror, root: JSON.stringify(tuf?.root) };
}

/** The object that keeps an instance's documents: another anchor is another object, a newer package is not. */
export function nameOfInstance({ mirror, root, packaged }: TufInstance): string {
  return packaged === undefined ? `${mirror} ${createHash('sha256').update(root).digest('hex')}` : mirror;
}
