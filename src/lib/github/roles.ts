import type { Claims } from './claims.ts';

/** Who may do something: which workflow, called by which, on which events and runners. */
export interface Role {
  /** Paths of `job_workflow_ref`, without its ref. */
  readonly workflows: readonly string[];
  /** Paths of `workflow_ref`, without its ref. */
  readonly callers?: readonly string[] | undefined;
  readonly events?: readonly string[] | undefined;
  readonly runner_environments?: readonly string[] | undefined;
}

/** The repository a role belongs to. Its names may be reused by others, its ids may not. */
export interface RoleSubject {
  readonly repository_id: string;
  readonly repository_owner_id: string;
  /** Patterns: `*` stays within a segment, `**` crosses. */
  readonly refs: readonly string[];
  readonly require_protected_ref?: boolean;
}

/** The rules, in the order in which they are tested. */
export const RULES = [
  'role',
  'repository_id',
  'repository_owner_id',
  'workflow',
  'caller',
  'event',
  'ref',
  'runner_environment',
  'ref_protected',
] as const;

/** The rule that refused; `detail` says what the token has there. */
export interface RoleRefusal {
  readonly rule: (typeof RULES)[number];
  readonly detail: string;
}

type Check = readonly [rule: RoleRefusal['rule'], passes: boolean, detail: string];

const DEFAULT_EVENTS = ['push', 'schedule', 'workflow_dispatch'];
const DEFAULT_RUNNERS = ['github-hosted'];

/**
 * Tests verified claims against a role; undefined where it admits them. An absent role admits nobody.
 *
 * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows
 */
export function assessRole(role: Role | undefined, subject: RoleSubject, claims: Claims): RoleRefusal | undefined {
  if (!role) return { rule: 'role', detail: 'the role is not configured' };
  const failed = [...checkRepository(subject, claims), ...checkJob(role, subject, claims)].find(
    ([, passes]) => !passes,
  );
  return failed && { rule: failed[0], detail: failed[2] };
}

/** By id: a name that was given up may be taken by somebody else. */
function checkRepository(subject: RoleSubject, claims: Claims): readonly Check[] {
  const { repository, repository_id, repository_owner_id } = claims;
  return [
    ['repository_id', repository_id === subject.repository_id, `repository ${repository} has id ${repository_id}`],
    [
      'repository_owner_id',
      repository_owner_id === subject.repository_owner_id,
      `the owner of ${repository} has id ${repository_owner_id}`,
    ],
  ];
}

function checkJob(role: Role, subject: RoleSubject, claims: Claims): readonly Check[] {
  const { ref, event_name, runner_environment, workflow_ref, job_workflow_ref } = claims;
  const { workflows, callers, events = DEFAULT_EVENTS, runner_environments = DEFAULT_RUNNERS } = role;
  const isAllowed = (candidate: string) => subject.refs.some((pattern) => matchesRef(pattern, candidate));
  const isProtected = claims.ref_protected === 'true';
  return [
    ['workflow', isOneOf(workflows, job_workflow_ref, isAllowed), `job_workflow_ref is ${job_workflow_ref}`],
    ['caller', !callers || isOneOf(callers, workflow_ref, isAllowed), `workflow_ref is ${workflow_ref}`],
    // Code of a pull request is anybody's, so no configuration may let it in.
    ['event', events.includes(event_name) && !event_name.startsWith('pull_request'), `the event is ${event_name}`],
    ['ref', isAllowed(ref), `the ref is ${ref}`],
    ['runner_environment', runner_environments.includes(runner_environment), `the runner is ${runner_environment}`],
    ['ref_protected', !subject.require_protected_ref || isProtected, `${ref} is not protected`],
  ];
}

/**
 * Exactly a configured path, then `@refs/…` that is allowed.
 *
 * Neither the first nor the last `@` would do to split at: a ref may hold one, and what follows the last may look like
 * a workflow. What precedes is compared whole, so `x.yml@…/backend_build.yml@…` is x.yml.
 */
function isOneOf(paths: readonly string[], workflowRef: string, isAllowed: (ref: string) => boolean): boolean {
  return paths.some((path) => {
    const ref = workflowRef.startsWith(`${path}@refs/`) ? workflowRef.slice(path.length + 1) : undefined;
    return ref !== undefined && isAllowed(ref);
  });
}

/** Matches a ref with a pattern in which `*` stays within a segment and `**` crosses; linear in their product. */
export function matchesRef(pattern: string, ref: string): boolean {
  const parts = pattern.split(/(\*\*|\*)/).filter((part) => part !== '');
  let ends = new Set([0]);
  for (const part of parts) ends = part.startsWith('*') ? spread(ends, ref, part === '**') : step(ends, ref, part);
  return ends.has(ref.length);
}

function step(starts: ReadonlySet<number>, ref: string, literal: string): Set<number> {
  return new Set([...starts].filter((start) => ref.startsWith(literal, start)).map((start) => start + literal.length));
}

function spread(starts: ReadonlySet<number>, ref: string, crosses: boolean): Set<number> {
  const ends = new Set<number>();
  for (const start of starts) {
    for (let end = start; end <= ref.length && !ends.has(end); end += 1) {
      ends.add(end);
      if (!crosses && ref[end] === '/') break;
    }
  }
  return ends;
}
