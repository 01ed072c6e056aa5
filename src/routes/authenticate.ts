import type { Context } from 'hono';
import type { Config, ProjectConfig } from '../lib/config.ts';
import { CodedError } from '../lib/error.ts';
import type { Claims } from '../lib/github/claims.ts';
import { assessRole, type RoleRefusal, RULES } from '../lib/github/roles.ts';
import { assessLoan, type Loan } from '../lib/merge/signing/loan.ts';
import type { RunSubject } from '../lib/merge/types.ts';
import type { AppEnv } from './app-types.ts';
import { ProblemError } from './problem.ts';

export type RoleName = keyof ProjectConfig['roles'];

/** Who calls, for which project, and what it lends. */
export interface Caller {
  readonly claims: Claims;
  readonly project: ProjectConfig;
  readonly subject: RunSubject;
  readonly loan: Loan;
}

/** The claims that a run's two tokens must share. */
const SHARED = ['repository_id', 'run_id', 'run_attempt', 'ref', 'sha'] as const;

/**
 * Checks the caller's token, finds the project whose role admits it, and weighs the Sigstore token it lends.
 *
 * @throws {ProblemError} TOKEN_INVALID, SIGSTORE_TOKEN_INVALID (401), ROLE_REFUSED (403, with the rule), PROJECT_AMBIGUOUS (400)
 */
export async function authenticate(
  c: Context<AppEnv>,
  role: RoleName,
): Promise<Omit<Caller, 'project' | 'subject' | 'loan'> & { select(name?: string): Caller }> {
  const { services, idTokens } = c.get('environment');
  const { config } = services;
  const claims = await idTokens.verify(bearerToken(c.req.header('Authorization')), config.audience);
  const lent = c.req.header('Sigstore-Token');
  const sigstore = lent === undefined ? undefined : await verifySigstoreToken(c, lent, claims);
  return {
    claims,
    select: (name) => {
      const project = selectProject(config, role, claims, name);
      const { run_id, ref, sha, event_name, repository } = claims;
      const subject = { project: project.name, run_id, ref, sha, event_name, repository };
      const loan: Loan =
        lent !== undefined && sigstore
          ? assessLoan(config, project, lent, sigstore)
          : { kind: 'none', reason: 'no Sigstore-Token was sent' };
      return { claims, project, subject, loan };
    },
  };
}

function bearerToken(header: string | undefined): string {
  const token = /^Bearer +([^\s]+)$/i.exec(header ?? '')?.[1];
  if (token === undefined)
    throw new ProblemError(401, 'TOKEN_INVALID', 'send "Authorization: Bearer <GitHub ID token>"');
  return token;
}

async function verifySigstoreToken(c: Context<AppEnv>, token: string, claims: Claims): Promise<Claims> {
  let sigstore: Claims;
  try {
    sigstore = await c.get('environment').idTokens.verify(token, 'sigstore');
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'TOKEN_INVALID') throw error;
    throw new ProblemError(401, 'SIGSTORE_TOKEN_INVALID', `Sigstore-Token: ${error.message}`);
  }
  const differs = SHARED.find((claim) => sigstore[claim] !== claims[claim]);
  if (differs)
    throw new ProblemError(
      401,
      'SIGSTORE_TOKEN_INVALID',
      `Sigstore-Token: its ${differs} is not that of the bearer token`,
    );
  return sigstore;
}

/** The project is the one whose role admits the token's workflow; a name is needed only where several do. */
function selectProject(config: Config, role: RoleName, claims: Claims, name: string | undefined): ProjectConfig {
  const candidates = config.projects.filter((project) => name === undefined || project.name === name);
  if (candidates.length === 0) throw new ProblemError(403, 'ROLE_REFUSED', `no project "${name}"`, { rule: 'project' });
  const assessed = candidates.map((project) => ({
    project,
    refused: assessRole(project.roles[role], project, claims),
  }));
  const admitted = assessed.filter(({ refused }) => refused === undefined);
  const [only, another] = admitted;
  if (only && another) {
    throw new ProblemError(
      400,
      'PROJECT_AMBIGUOUS',
      `name one of: ${admitted.map(({ project }) => project.name).join(', ')}`,
      { field: 'project' },
    );
  }
  if (only) return only.project;
  // Of several projects, the one whose rules the caller met furthest tells most.
  const [nearest] = assessed.toSorted((a, b) => progressOf(b.refused) - progressOf(a.refused));
  const refused = nearest?.refused ?? { rule: role, detail: 'not admitted' };
  throw new ProblemError(403, 'ROLE_REFUSED', `role ${role} of project ${nearest?.project.name}: ${refused.detail}`, {
    rule: refused.rule,
  });
}

function progressOf(refused: RoleRefusal | undefined): number {
  return refused ? RULES.indexOf(refused.rule) : RULES.length;
}
