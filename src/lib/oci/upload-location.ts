import { OciError } from './error.ts';

/** Where an upload goes on; credentials follow it, so it must be at the registry's own origin. @throws {OciError} REDIRECT_INVALID */
export function uploadLocation(response: Response, origin: URL): URL {
  const location = response.headers.get('Location');
  if (location === null || !URL.canParse(location, origin))
    throw new OciError('REDIRECT_INVALID', 'the upload has no location');
  const url = new URL(location, origin);
  if (url.origin !== origin.origin) throw new OciError('REDIRECT_INVALID', 'the upload would leave the registry');
  return url;
}
