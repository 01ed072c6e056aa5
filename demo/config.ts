import { WORKFLOWS } from './issuer/claims.ts';

/** The audience of the tokens that callers send. */
export const AUDIENCE = 'https://muster.demo';

/** The repositories, in each registry. */
export const BACKENDS = 'go-skynet/local-ai-backends';
export const CACHE = 'go-skynet/ci-cache';
export const CORE = 'go-skynet/local-ai';

/** The workflows whose jobs call, as `job_workflow_ref` has them before its ref. */
export const BUILD = `${WORKFLOWS}/backend_build.yml`;
export const MERGE = `${WORKFLOWS}/backend_merge.yml`;
export const IMAGE = `${WORKFLOWS}/image_build.yml`;

/** What the configuration is made for. */
export interface ConfigOptions {
  readonly issuer: string;
  readonly registries: readonly ConfiguredRegistry[];
  readonly trustedRoot: object;
  readonly signingConfig: object;
}

/** A registry, and how the Worker knows it. */
export interface ConfiguredRegistry {
  /** `localhost:PORT`; what references name. */
  readonly host: string;
  readonly alias: string;
  readonly origin: string;
  /** Where its challenges may point. */
  readonly realms: readonly string[];
  readonly anonymous: boolean;
}

/** A project's ref patterns and ids, which both projects share: they are built by one GitHub repository. */
const LOCALAI = {
  repository: 'mudler/LocalAI',
  repository_id: '614592349',
  repository_owner_id: '2420543',
  refs: ['refs/heads/master', 'refs/tags/*'],
  tags: ['type=ref,event=branch', 'type=semver,pattern={{raw}}', 'type=sha'],
};

/**
 * The `MUSTER` object: LocalAI's, for the registries at hand.
 *
 * Project `core` publishes at once: its policy admits the very workflow that builds. Project `localai` needs a finishing
 * job: only backend_merge.yml may sign, and the builds run in another workflow.
 */
export function buildConfig({ issuer, registries, trustedRoot, signingConfig }: ConfigOptions) {
  const targets = (repository: string, source?: string) =>
    registries.map(({ host }) => ({
      repository: `${host}/${repository}`,
      ...(source === undefined ? {} : { source: `${host}/${source}` }),
      public: true,
    }));
  const identityOf = (workflow: string) =>
    `^https://github\\.com/${workflow.replaceAll('.', '\\.')}@refs/(heads/master|tags/.+)$`;
  const pins = { issuer, source_repository_id: LOCALAI.repository_id };
  return {
    audience: AUDIENCE,
    oidc: { issuer },
    sigstore: { trusted_root: trustedRoot, signing_config: signingConfig },
    registries,
    projects: [
      {
        ...LOCALAI,
        name: 'core',
        flavor: 'suffix=,onlatest=true',
        policy: 'core',
        roles: { report: { workflows: [IMAGE] }, sign: { workflows: [IMAGE] } },
        targets: targets(CORE),
      },
      {
        ...LOCALAI,
        name: 'localai',
        flavor: 'suffix=,onlatest=true',
        policy: 'localai',
        roles: {
          report: { workflows: [BUILD, MERGE] },
          plan: { workflows: [`${WORKFLOWS}/backend.yml`] },
          sign: { workflows: [MERGE] },
        },
        targets: targets(BACKENDS, CACHE),
      },
    ],
    policies: [
      { ...pins, name: 'core', identity_regex: identityOf(IMAGE) },
      { ...pins, name: 'localai', identity_regex: identityOf(MERGE) },
    ],
  };
}

/** The `MUSTER` object's type. */
export type MusterConfig = ReturnType<typeof buildConfig>;
