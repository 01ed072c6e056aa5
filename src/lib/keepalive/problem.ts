import { CodedError } from '../error.ts';
import { QUAY_HOST } from './quay.ts';

/** What kept a cleanup from going on. */
export interface CleanupProblem {
  readonly code: string;
  readonly detail: string;
  /** What the operator has to grant, where something is refused. */
  readonly permission?: string;
}

const REFUSALS = ['UNAUTHORIZED', 'DENIED', 'QUAY_REFUSED', 'UNSUPPORTED'];

/** What an error means to an operator. @param repository full name, `quay.io/a/b` */
export function describeProblem(error: unknown, repository: string): CleanupProblem {
  if (!(error instanceof CodedError)) return { code: 'INTERNAL', detail: 'an unexpected error; see the log' };
  const { code, message: detail } = error;
  return { code, detail, ...(REFUSALS.includes(code) ? { permission: permissionFor(repository, code) } : {}) };
}

function permissionFor(repository: string, code: string): string {
  const host = repository.slice(0, repository.indexOf('/'));
  if (host !== QUAY_HOST)
    return `the credential of ${host} in REGISTRY_AUTH must be allowed to delete tags of ${repository}`;
  return code === 'QUAY_REFUSED'
    ? `QUAY_TOKEN must be an OAuth token with repo:read and repo:write on ${repository}`
    : `the robot account of ${host} in REGISTRY_AUTH must have Write on ${repository}, or QUAY_TOKEN must be set`;
}
