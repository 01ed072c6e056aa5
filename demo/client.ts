import type { Blob, Image } from './images.ts';

/** A registry as a build job knows it. */
export interface RegistryAccess {
  /** `localhost:PORT` */
  readonly host: string;
  readonly username?: string;
  readonly password?: string;
}

/** A manifest as a registry holds it. */
export interface Pulled {
  readonly digest: string;
  readonly mediaType: string;
  readonly text: string;
}

/**
 * What `docker push` and `docker pull` do, in a few lines: a judge of what Muster wrote that shares no code with it.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
 */
export class RegistryClient {
  readonly #access: RegistryAccess;
  /** By repository. */
  readonly #tokens = new Map<string, string>();

  constructor(access: RegistryAccess) {
    this.#access = access;
  }

  /** Pushes an image by digest, or under a tag. */
  async pushImage(repository: string, image: Image, tag: string = image.digest): Promise<void> {
    for (const blob of image.blobs) await this.pushBlob(repository, blob);
    await this.pushManifest(repository, tag, image.bytes, image.mediaType);
  }

  async pushBlob(repository: string, { digest, bytes }: Blob): Promise<void> {
    const head = await this.#call(repository, `blobs/${digest}`, { method: 'HEAD' }, [200, 404]);
    if (head.status === 200) return;
    const opened = await this.#call(repository, 'blobs/uploads/', { method: 'POST' }, [202]);
    const location = new URL(opened.headers.get('Location') ?? '', opened.url);
    location.searchParams.set('digest', digest);
    const headers = { 'Content-Type': 'application/octet-stream' };
    await this.#call(repository, location.href, { method: 'PUT', body: new Uint8Array(bytes), headers }, [201]);
  }

  async pushManifest(repository: string, reference: string, bytes: Uint8Array, mediaType: string): Promise<void> {
    const init = { method: 'PUT', body: new Uint8Array(bytes), headers: { 'Content-Type': mediaType } };
    await this.#call(repository, `manifests/${reference}`, init, [201]);
  }

  /** A manifest by tag or digest; undefined where there is none. */
  async pull(repository: string, reference: string): Promise<Pulled | undefined> {
    const accept = ['manifest.v1', 'index.v1'].map((kind) => `application/vnd.oci.image.${kind}+json`).join(', ');
    const answer = await this.#call(repository, `manifests/${reference}`, { headers: { Accept: accept } }, [200, 404]);
    if (answer.status === 404) return undefined;
    const digest = answer.headers.get('Docker-Content-Digest') ?? '';
    return { digest, mediaType: answer.headers.get('Content-Type') ?? '', text: await answer.text() };
  }

  /** Deletes a manifest with every tag of it, as garbage collection does; its blobs stay. */
  async deleteManifest(repository: string, digest: string): Promise<void> {
    await this.#call(repository, `manifests/${digest}`, { method: 'DELETE' }, [202, 404]);
  }

  /** The tags of a repository; none where it does not exist. */
  async tags(repository: string): Promise<readonly string[]> {
    const answer = await this.#call(repository, 'tags/list', {}, [200, 404]);
    if (answer.status === 404) return [];
    const { tags } = (await answer.json()) as { tags: readonly string[] | null };
    return tags ?? [];
  }

  /** @param target a path below the repository, or a URL */
  async #call(repository: string, target: string, init: RequestInit, expected: readonly number[]): Promise<Response> {
    const url = target.startsWith('http') ? target : `http://${this.#access.host}/v2/${repository}/${target}`;
    const send = () => {
      const token = this.#tokens.get(repository);
      const headers = { ...init.headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) };
      return fetch(url, { ...init, headers });
    };
    let answer = await send();
    if (answer.status === 401) {
      this.#tokens.set(repository, await this.#pullToken(repository, answer.headers.get('WWW-Authenticate') ?? ''));
      answer = await send();
    }
    if (expected.includes(answer.status)) return answer;
    throw new Error(`${init.method ?? 'GET'} ${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
  }

  /** @see https://distribution.github.io/distribution/spec/auth/token/ */
  async #pullToken(repository: string, challenge: string): Promise<string> {
    const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const query = new URLSearchParams({
      service: parameter('service'),
      scope: `repository:${repository}:pull,push,delete`,
    });
    const { username, password } = this.#access;
    const basic = Buffer.from(`${username}:${password}`).toString('base64');
    const headers = username === undefined ? undefined : { Authorization: `Basic ${basic}` };
    const answer = await fetch(`${parameter('realm')}?${query}`, headers ? { headers } : {});
    const { token } = (await answer.json()) as { token?: string };
    if (!token) throw new Error(`no token for ${repository}: ${answer.status}`);
    return token;
  }
}
