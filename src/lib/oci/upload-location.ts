import { OciError } from './error.ts';

/**
 * Where an upload goes on, relative to the request that asked; credentials follow it, so it must be at the same origin.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2
 * @throws {OciError} REDIRECT_INVALID
 */
export function uploadLocation(response: Response, request: URL): URL {
  const location = response.headers.get('Location');
  if (location === null || !URL.canParse(location, request))
    throw new OciError('REDIRECT_INVALID', 'the upload has no location');
  const url = new URL(location, request);
  if (url.origin !== request.origin || url.username !== '' || url.password !== '')
    throw new OciError('REDIRECT_INVALID', 'the upload would leave the registry');
  return url;
}
