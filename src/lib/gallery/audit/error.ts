import { CodedError } from '../../error.ts';

export type AuditErrorCode = 'GALLERY_UNAVAILABLE' | 'GALLERY_TOO_LARGE' | 'GALLERY_INVALID' | 'AUDIT_PENDING';

/** A gallery that cannot be audited, or served; what was found of it before stays. */
export class AuditError extends CodedError<AuditErrorCode> {}
