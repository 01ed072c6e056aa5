import type { Answer, Call, Caller, Step } from '../caller.ts';
import { RegistryClient } from '../client.ts';
import type { Arch, Layer } from '../images.ts';
import type { DemoStack } from '../stack.ts';
import { type Printer, paint, short } from './print.ts';

/** What the chapters share. */
export interface Walk {
  readonly printer: Printer;
  readonly stack: DemoStack;
  readonly caller: Caller;
  readonly layers: Readonly<Record<Arch, Layer>>;
}

/** Both registries, as a build job sees them. */
export function clientsOf({ stack }: Walk): readonly [RegistryClient, RegistryClient] {
  const [first, second] = stack.registries;
  return [new RegistryClient(first), new RegistryClient(second)];
}

/** Says the `curl`, makes the call, says the status; steps are said as they happen. */
export async function send({ printer, caller }: Walk, call: Call, steps = false): Promise<Answer> {
  const told = steps ? { ...call, onStep: (step: Step) => tellStep(printer, step) } : call;
  printer.command(caller.curl(told));
  const answer = await caller.call(told);
  printer.note(summarise(answer));
  return answer;
}

function tellStep(printer: Printer, { step, target, state, ms, detail }: Step): void {
  if (state === 'running') return;
  const time = ms === undefined ? '' : `${ms} ms`;
  printer.say(
    `${step.padEnd(8)} ${(target ?? '').padEnd(44)} ${state} ${paint('dim', time)} ${detail ?? ''}`.trimEnd(),
  );
}

/** The part of an answer that a newcomer looks for, in a line. */
function summarise({ status, body }: Answer): string {
  const fields = ['state', 'code', 'missing', 'reason', 'detail', 'verified'] as const;
  const known = fields.flatMap((field) => {
    const value = body[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [`${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });
  const digest = typeof body.digest === 'string' ? [`digest: ${short(body.digest)}`] : [];
  return `→ ${[String(status), ...known, ...digest, ...mergesOf(body).map(describeMerge)].join('  ')}`;
}

/** A merge as the answer to a finishing call has it. */
export interface MergeAnswer {
  readonly tag_suffix?: string;
  readonly state?: string;
  readonly missing?: readonly string[] | null;
  readonly digest?: string;
}

/** The merges of an answer to a finishing call. */
export function mergesOf({ merges }: Answer['body']): readonly MergeAnswer[] {
  return Array.isArray(merges) ? (merges as MergeAnswer[]) : [];
}

function describeMerge({ tag_suffix, state, missing }: MergeAnswer): string {
  return `${tag_suffix}: ${state}${missing?.length ? ` (missing: ${missing.join(', ')})` : ''}`;
}

/** Claims that a tag names a digest in both registries. */
export async function claimTags(
  walk: Walk,
  repository: string,
  tags: readonly string[],
  digest: string,
): Promise<void> {
  for (const [at, client] of clientsOf(walk).entries()) {
    const digests = await Promise.all(tags.map(async (tag) => (await client.pull(repository, tag))?.digest));
    const host = walk.stack.registries[at]?.host;
    walk.printer.claim(
      `${host}/${repository}: ${tags.join(', ')} ${tags.length === 1 ? 'is' : 'are'} ${short(digest)}`,
      digests.every((found) => found === digest),
      digests,
    );
  }
}

/** The verdict of `GET /v1/verify`. */
export function verify(walk: Walk, ref: string, policy: string): Promise<Answer> {
  return send(walk, { path: `/v1/verify?ref=${ref}&policy=${policy}` });
}
