import { type Config, ConfigError, parseConfig } from '../../src/lib/config.ts';

const WORKFLOWS = 'mudler/LocalAI/.github/workflows';

/** LocalAI's configuration, as a fresh object each time. */
export function localai() {
  return {
    audience: 'https://muster.test',
    projects: [
      {
        name: 'localai',
        repository: 'mudler/LocalAI',
        repository_id: '614592349',
        repository_owner_id: '2420543',
        refs: ['refs/heads/master', 'refs/tags/*'],
        tags: ['type=ref,event=branch', 'type=semver,pattern={{raw}}', 'type=sha'],
        flavor: 'suffix=,onlatest=true',
        policy: 'localai',
        targets: [
          { repository: 'quay.io/go-skynet/local-ai-backends', source: 'quay.io/go-skynet/ci-cache' },
          { repository: 'docker.io/localai/localai-backends' },
        ],
        roles: {
          report: { workflows: [`${WORKFLOWS}/backend_build.yml`] },
          sign: { workflows: [`${WORKFLOWS}/backend_merge.yml`] },
        },
      },
    ],
    policies: [
      {
        name: 'localai',
        issuer: 'https://token.actions.githubusercontent.com',
        identity_regex: `^https://github\\.com/${WORKFLOWS}/backend_merge\\.yml@refs/(heads/master|tags/.+)$`,
        source_repository_id: '614592349',
      },
    ],
  };
}

/** What stands at a path instead; undefined takes it away. A path is `projects.0.name`. */
export type Edits = Readonly<Record<string, unknown>>;

/** LocalAI's configuration, edited. */
export function edited(edits: Edits): object {
  const config = localai();
  for (const [path, value] of Object.entries(edits)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const holder = keys.reduce<object>((inner, key) => Reflect.get(inner, key), config);
    if (value === undefined) Reflect.deleteProperty(holder, last);
    else Reflect.set(holder, last, value);
  }
  return config;
}

export function configOf(edits: Edits = {}): Config {
  return parseConfig({ MUSTER: edited(edits) });
}

/** Why an edited configuration is refused, after the code that it is refused with; undefined where it is not. */
export function refusalOf(edits: Edits): string | undefined {
  return refusal(() => configOf(edits));
}

export function refusal(parse: () => Config): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return error instanceof ConfigError ? `${error.code} ${error.message}` : String(error);
  }
}
