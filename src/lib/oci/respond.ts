import { discard } from '../body.ts';
import { OciError } from './error.ts';

/**
 * Ends an answer whose status nobody expected; the body is not quoted, for it may hold anything.
 *
 * @throws {OciError} UNAUTHORIZED (401), DENIED (403), UNSUPPORTED (405), else UNEXPECTED_STATUS
 */
export async function refuseStatus(response: Response, what: string): Promise<never> {
  await discard(response);
  const { status } = response;
  const code =
    status === 401 ? 'UNAUTHORIZED' : status === 403 ? 'DENIED' : status === 405 ? 'UNSUPPORTED' : 'UNEXPECTED_STATUS';
  throw new OciError(code, `${what}: status ${status}`);
}

/** The media type of a body, without its parameters; empty where there is none. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3 */
export function mediaTypeOf(response: Response): string {
  return (response.headers.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
