import * as z from 'zod';
import { lazily } from '../lazily.ts';
import { OciError } from './error.ts';

export interface Credential {
  readonly username: string;
  readonly password: string;
}

const configSchema = lazily(() =>
  z.object({
    auths: z
      .record(
        z.string(),
        z.object({ auth: z.string().optional(), username: z.string().optional(), password: z.string().optional() }),
      )
      .default({}),
    credHelpers: z.record(z.string(), z.unknown()).default({}),
    credsStore: z.string().default(''),
  }),
);

/** Docker Hub's key, from its first registry's address. */
const DOCKER_HUB_KEYS = ['https://index.docker.io/v1/', 'https://index.docker.io/v1', 'index.docker.io'];

/**
 * Parses the content of a Docker `config.json` into a look-up by host. A host must match exactly: a credential for
 * `quay.io` is not one for `quay.io.example.com`.
 *
 * @see https://docs.docker.com/reference/cli/docker/login/#configure-the-credential-store
 * @throws {OciError} CREDENTIALS_INVALID, without a word of the content
 */
export function parseDockerConfig(json: string): (host: string) => Credential | undefined {
  let parsed: z.infer<typeof configSchema>;
  try {
    parsed = configSchema.parse(JSON.parse(json));
  } catch {
    throw new OciError('CREDENTIALS_INVALID', 'REGISTRY_AUTH is not the content of a Docker config.json');
  }
  if (Object.keys(parsed.credHelpers).length > 0 || parsed.credsStore !== '') {
    throw new OciError(
      'CREDENTIALS_INVALID',
      'REGISTRY_AUTH names a credential helper; put the credentials into "auths"',
    );
  }
  const byHost = new Map<string, Credential>();
  for (const [key, entry] of Object.entries(parsed.auths)) {
    const host = DOCKER_HUB_KEYS.includes(key) ? 'docker.io' : key.replace(/^https:\/\//, '').replace(/\/$/, '');
    byHost.set(host, parseEntry(entry, host));
  }
  return (host) => byHost.get(host);
}

function parseEntry(
  entry: { auth?: string | undefined; username?: string | undefined; password?: string | undefined },
  host: string,
): Credential {
  if (entry.auth) {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon > 0 && colon < decoded.length - 1)
      return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
  } else if (entry.username && entry.password) {
    return { username: entry.username, password: entry.password };
  }
  throw new OciError('CREDENTIALS_INVALID', `REGISTRY_AUTH: the entry of ${host} has no usable "auth"`);
}
