import { messageOf } from '../../error.ts';
import { HttpError } from '../../http-error.ts';
import type { Digest } from '../../oci/digest.ts';
import { requestCertificate, type SigningIdentity } from '../../sigstore/certificate.ts';
import { type SignedBundle, signDigests } from '../../sigstore/sign.ts';
import { MergeError } from '../error.ts';
import type { Services } from '../types.ts';
import type { Loan } from './loan.ts';

/** A certificate that ends sooner than this is not used for a new signature, in milliseconds. */
const MARGIN_MS = 15_000;

/** A certificate on its way, for one loan, and what was signed with it before that was lent. In memory only. */
export class EarlyLoan {
  readonly loan: Loan;
  readonly identity: Promise<SigningIdentity>;
  readonly #services: Services;
  #signature: { readonly of: string; readonly signed: Promise<SignedBundle> } | undefined;

  constructor(loan: Loan, identity: Promise<SigningIdentity>, services: Services) {
    this.loan = loan;
    this.identity = identity;
    this.#services = services;
  }

  /** Signs ahead; whether it counts is settled when the loan is lent. */
  sign(digests: readonly Digest[]): void {
    const signed = this.identity.then((identity) => signNow(this.#services, identity, digests));
    // Whoever would use it signs anew.
    signed.catch(() => undefined);
    this.#signature = { of: keyOf(digests), signed };
  }

  /** What was signed ahead, if it is these digests. */
  async signatureOf(digests: readonly Digest[]): Promise<SignedBundle | undefined> {
    return this.#signature?.of === keyOf(digests) ? this.#signature.signed.catch(() => undefined) : undefined;
  }
}

function keyOf(digests: readonly Digest[]): string {
  return [...digests].sort().join();
}

async function signNow(services: Services, identity: SigningIdentity, digests: readonly Digest[]) {
  return signDigests({ caller: services.caller, services: await services.signing(), identity, digests });
}

/**
 * Holds what was lent to one merge, in memory only, and turns a token into a key and certificate once.
 *
 * A failed log entry is tried again with the same certificate while it is valid.
 */
export class Lender {
  readonly #services: Services;
  #loan: Exclude<Loan, { kind: 'none' }> | undefined;
  #identity: Promise<SigningIdentity> | undefined;
  #early: EarlyLoan | undefined;
  #notAfter = Number.POSITIVE_INFINITY;

  constructor(services: Services) {
    this.#services = services;
  }

  /**
   * Asks for the certificate that a loan will be used for, before it is lent: Fulcio answers while a registry is asked.
   * It signs nothing unless the loan is lent with it.
   */
  request(loan: Loan): EarlyLoan | undefined {
    if (loan.kind !== 'token' || (this.ready() && this.#identity)) return undefined;
    const identity = this.#obtain(loan);
    // Whoever uses it sees the refusal.
    identity.catch(() => undefined);
    return new EarlyLoan(loan, identity, this.#services);
  }

  /** Takes a loan; what is held stays where the new one is none. @returns why nothing is held, if so */
  lend(loan: Loan, early?: EarlyLoan): string | undefined {
    if (loan.kind === 'none') return this.ready() ? undefined : loan.reason;
    // A certificate that is there, or on its way, is used; a mere token gives way to a fresher one.
    if (this.ready() && this.#identity) return undefined;
    this.#loan = loan;
    this.#early = early?.loan === loan ? early : undefined;
    this.#identity = this.#early?.identity;
    if (loan.kind === 'identity') this.#identity = Promise.resolve(loan.identity);
    this.#notAfter = loan.kind === 'identity' ? loan.identity.notAfter : Number.POSITIVE_INFINITY;
    return undefined;
  }

  ready(): boolean {
    return this.#loan !== undefined && this.#notAfter - MARGIN_MS > this.#services.now();
  }

  forget(): void {
    this.#loan = undefined;
    this.#identity = undefined;
    this.#early = undefined;
  }

  /** @throws {MergeError} NEEDS_TOKEN, also where Fulcio refuses the token; {HttpError} where Fulcio is down */
  async identity(): Promise<{ identity: SigningIdentity; signer: string }> {
    const loan = this.#loan;
    if (!loan || !this.ready()) throw new MergeError('NEEDS_TOKEN', 'the Sigstore token is gone; lend a new one');
    this.#identity ??= this.#obtain(loan);
    try {
      const identity = await this.#identity;
      this.#notAfter = identity.notAfter;
      return { identity, signer: loan.signer };
    } catch (cause) {
      this.#identity = undefined;
      if (cause instanceof HttpError) throw cause;
      this.forget();
      throw new MergeError('NEEDS_TOKEN', `no certificate for the Sigstore token: ${messageOf(cause)}`, { cause });
    }
  }

  /** Signs with what was lent, unless that was done ahead. @throws as {@link identity}, and {SigstoreError} */
  async sign(digests: readonly Digest[]): Promise<{ readonly signed: SignedBundle; readonly signer: string }> {
    const { identity, signer } = await this.identity();
    const ahead = await this.#early?.signatureOf(digests);
    this.#early = undefined;
    return { signed: ahead ?? (await signNow(this.#services, identity, digests)), signer };
  }

  async #obtain(loan: Exclude<Loan, { kind: 'none' }>): Promise<SigningIdentity> {
    if (loan.kind === 'identity') return loan.identity;
    const { fulcioUrl } = await this.#services.signing();
    return requestCertificate(this.#services.caller, fulcioUrl, loan.token);
  }
}
