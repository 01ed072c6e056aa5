import type { Icon } from './states.ts';

/** What a verdict's code means to somebody who wants to install the image, and what to do about it. */
interface Meaning {
  readonly words: string;
  readonly advice: string;
}

const FOREIGN = 'Do not use it before you know where it is from.';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  VERIFIED: { words: 'signed as the policy demands', advice: '' },
  SIGNATURE_MISSING: {
    words: 'nobody has signed it',
    advice: 'Its publisher must sign it. If that was just done: a registry may take a minute to list a signature.',
  },
  SIGNATURE_LEGACY: {
    words: 'its signature is of the old format',
    advice: 'Clients no longer read that one. Its publisher must sign it again.',
  },
  SIGNATURE_INVALID: { words: 'its signature does not hold', advice: FOREIGN },
  SUBJECT_MISMATCH: { words: 'the signature it carries is another image’s', advice: FOREIGN },
  ISSUER_MISMATCH: { words: 'its signer’s identity comes from somewhere else', advice: FOREIGN },
  IDENTITY_MISMATCH: { words: 'somebody else has signed it', advice: FOREIGN },
  SIGNED_BEFORE_CUTOFF: {
    words: 'it was signed before the policy’s cut-off',
    advice: 'Take a newer image; what is older than the cut-off has been revoked.',
  },
  PREDICATE_UNEXPECTED: { words: 'what is signed is not the image, but a statement about it', advice: FOREIGN },
  BUNDLE_MALFORMED: { words: 'its signature cannot be read', advice: FOREIGN },
  // What an audit finds besides.
  IMAGE_NOT_FOUND: { words: 'it is not there', advice: 'Check the name and the tag.' },
  REGISTRY_NOT_ALLOWED: { words: 'it is in a registry that is not looked at', advice: '' },
  IMAGE_INVALID: { words: 'what is there is no image', advice: '' },
  UNREADABLE: { words: 'the registry could not be read', advice: '' },
  UNREACHABLE_BY_CLIENT: { words: 'clients do not take it for an image', advice: '' },
  NOT_AN_IMAGE: { words: 'it is no image', advice: '' },
  NOT_CHECKED: { words: 'not looked at yet', advice: '' },
  none: { words: 'points to other entries', advice: '' },
};

/** @returns the code itself, where nothing is known of it */
export function meaningOf(code: string): Meaning {
  return MEANINGS[code] ?? { words: code, advice: '' };
}

const INSTALLS: Readonly<Record<string, { readonly words: string; readonly icon: Icon }>> = {
  uri: { words: 'the entry’s own image', icon: 'good' },
  mirror: { words: 'a mirror of it', icon: 'good' },
  branch: { words: 'a branch’s image instead', icon: 'bad' },
  development: { words: 'a development image instead', icon: 'bad' },
  none: { words: 'nothing', icon: 'aside' },
  unknown: { words: 'cannot be told', icon: 'wait' },
};

/** What a strict client would end with, in words. */
export function installsOf(installs: string): { readonly words: string; readonly icon: Icon } {
  return INSTALLS[installs] ?? { words: installs, icon: 'wait' };
}

/** The shape of an audit's code. */
export function iconOfCode(code: string | null): Icon {
  if (code === 'VERIFIED') return 'good';
  if (code === null || code === 'none' || code === 'UNREACHABLE_BY_CLIENT' || code === 'NOT_AN_IMAGE') return 'aside';
  return code === 'NOT_CHECKED' || code === 'UNREADABLE' ? 'wait' : 'bad';
}
