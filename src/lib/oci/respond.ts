import { OciError } from './error.ts';

/**
 * Ends an answer whose status nobody expected; the body is not quoted, for it may hold anything.
 *
 * @throws {OciError} UNAUTHORIZED (401), DENIED (403), UNSUPPORTED (405), else UNEXPECTED_STATUS
 */
export async function refuseStatus(response: Response, what: string): Promise<never> {
  await response.body?.cancel();
  const { status } = response;
  const code =
    status === 401 ? 'UNAUTHORIZED' : status === 403 ? 'DENIED' : status === 405 ? 'UNSUPPORTED' : 'UNEXPECTED_STATUS';
  throw new OciError(code, `${what}: status ${status}`);
}
