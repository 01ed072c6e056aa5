import * as z from 'zod';
import { lazily } from '../lazily.ts';
import { PUBLIC_GOOD_MIRROR } from './public-good.ts';

/** Which Sigstore: its TUF repository, or its two documents; empty is the public-good one. */
export type SigstoreSettings = z.output<ReturnType<typeof createSettingsSchema>>;

const documentSchema = lazily(() => z.record(z.string(), z.unknown()));
const tufRootSchema = lazily(() =>
  z.object({ signed: z.object({ _type: z.literal('root'), expires: z.iso.datetime() }) }),
);

/** @param url - what a URL must be like */
export function createSettingsSchema(url: z.ZodType<string>) {
  const root = z
    .union([z.string().transform(parseOrKeep), documentSchema])
    .refine((value) => tufRootSchema.safeParse(value).success, 'must be a TUF root.json');
  const tuf = z
    .strictObject({ url: url.transform((text) => text.replace(/\/+$/, '')), root: root.optional() })
    .refine((value) => value.root !== undefined || value.url === PUBLIC_GOOD_MIRROR, {
      error: `must be there: only ${PUBLIC_GOOD_MIRROR} has one built in`,
      path: ['root'],
    });
  return z
    .strictObject({
      tuf: tuf.optional(),
      trusted_root: documentSchema.optional(),
      signing_config: documentSchema.optional(),
    })
    .refine((value) => !(value.tuf && value.trusted_root), 'tuf and trusted_root exclude each other')
    .refine(
      (value) => Boolean(value.trusted_root) === Boolean(value.signing_config),
      'trusted_root and signing_config go together',
    );
}

/** JSON as text, or as it is; text that is not JSON is refused by what it should be. */
function parseOrKeep(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
