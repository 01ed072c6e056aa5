import type { Config, ProjectConfig } from '../src/lib/config.ts';
import { configWarnings } from '../src/lib/config.ts';
import { CodedError } from '../src/lib/error.ts';
import { assessSigner, type Policy } from '../src/lib/sigstore/policy.ts';
import { computeTags } from '../src/lib/tags/compute.ts';

/** The audience of the worked example, which nobody's Worker answers to. */
const EXAMPLE_AUDIENCE = 'https://muster.example.com';

/**
 * What the Worker accepts, but that would surprise its operator: the configuration's own warnings, and what only shows
 * when roles, policies, tags and targets are laid side by side.
 */
export function adviseOn(config: Config): readonly string[] {
  const audience =
    config.audience === EXAMPLE_AUDIENCE
      ? ["MUSTER.audience: is the example's; set it to the URL that jobs call this Worker by"]
      : [];
  return [
    ...configWarnings(config),
    ...audience,
    ...config.projects.flatMap((project) => adviseOnProject(config, project)),
  ];
}

function adviseOnProject(config: Config, project: ProjectConfig): string[] {
  return [...adviseOnSigners(config, project), ...adviseOnTags(project), ...adviseOnTargets(project)];
}

/** A policy that refuses every signer of the project would leave each merge at `needs_token`. */
function adviseOnSigners(config: Config, project: ProjectConfig): string[] {
  const at = `MUSTER.projects.${project.name}.roles`;
  const { sign, report } = project.roles;
  const policy = config.policies.find(({ name }) => name === project.policy);
  if (!sign || !policy) return [];
  const refused = sign.workflows.filter((workflow) => !admits(policy, config, project, workflow));
  const silent = sign.workflows.filter((workflow) => report && !report.workflows.includes(workflow));
  return [
    ...refused.map(
      (workflow) => `${at}.sign: policy ${project.policy} admits ${workflow} at none of the project's refs`,
    ),
    ...silent.map((workflow) => `${at}.report: lacks ${workflow}, whose finishing call would be refused`),
  ];
}

function admits(policy: Policy, config: Config, project: ProjectConfig, workflow: string): boolean {
  const runners = project.roles.sign?.runner_environments ?? ['github-hosted'];
  return project.refs.some((pattern) =>
    runners.some((runner_environment) => {
      const identity = `https://github.com/${workflow}@${sampleRef(pattern)}`;
      const { repository_id: source_repository_id, repository_owner_id: source_repository_owner_id } = project;
      const pins = { source_repository_id, source_repository_owner_id, runner_environment };
      return assessSigner(policy, { issuer: config.oidc.issuer, identity, ...pins }) === undefined;
    }),
  );
}

/** Tags are computed when a leg arrives; a rule that lacks something would refuse it then. */
function adviseOnTags(project: ProjectConfig): string[] {
  const { tags: rules, flavor, default_branch } = project;
  return project.refs.flatMap((pattern) => {
    const ref = sampleRef(pattern);
    try {
      computeTags({ rules, flavor, default_branch, ref, sha: '0'.repeat(40), event_name: 'push', now: 0 });
      return [];
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return [`MUSTER.projects.${project.name}.tags: at ${ref}: ${error.message}`];
    }
  });
}

/** Quay collects what no tag names within the hour; legs of one image may be hours apart. */
function adviseOnTargets(project: ProjectConfig): string[] {
  return project.targets
    .filter(({ repository, source }) => repository.startsWith('quay.io/') && source === undefined)
    .map(
      ({ repository }) =>
        `MUSTER.projects.${project.name}.targets: ${repository} has no source, so nothing keeps its untagged images from Quay's collector`,
    );
}

/** A ref that a pattern admits. */
function sampleRef(pattern: string): string {
  return pattern.replaceAll(/\*\*?/g, 'v1.0.0');
}
