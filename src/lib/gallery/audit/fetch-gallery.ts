import { discard, readBody } from '../../body.ts';
import { CodedError } from '../../error.ts';
import { type Caller, call } from '../../http.ts';
import { AuditError } from './error.ts';
import { MAX_GALLERY_BYTES } from './parse-gallery.ts';

/**
 * Fetches a gallery's file.
 *
 * @throws {AuditError} GALLERY_UNAVAILABLE, GALLERY_TOO_LARGE
 */
export async function fetchGallery(caller: Caller, url: string): Promise<Uint8Array> {
  try {
    const response = await call(caller, url, { redirect: 'follow' });
    if (response.status === 200) return await readBody(response, MAX_GALLERY_BYTES);
    await discard(response);
    throw new AuditError('GALLERY_UNAVAILABLE', `the gallery: status ${response.status}`);
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause instanceof AuditError) throw cause;
    if (cause.code === 'BODY_TOO_LARGE')
      throw new AuditError('GALLERY_TOO_LARGE', `a gallery has at most ${MAX_GALLERY_BYTES} bytes`, { cause });
    throw new AuditError('GALLERY_UNAVAILABLE', `the gallery: ${cause.message}`, { cause });
  }
}
