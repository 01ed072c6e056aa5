import { writeFileSync } from 'node:fs';

/** One case's result; `detail` is what it measured, or why it failed. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

/** A case: returns what is worth telling, throws where something does not hold. */
export type Case = () => Promise<string | undefined>;

/** Runs cases one after the other and keeps their results; none of them ends the run. */
export class Report {
  readonly cases: CaseResult[] = [];
  readonly #file: string | undefined;

  /** @param file where the JSON report goes; it is rewritten after each case, so a crash leaves what was found. */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Runs one case, prints a line for it, records it. Answers whether it held. */
  async check(name: string, run: Case): Promise<boolean> {
    const begun = performance.now();
    let ok = true;
    let detail = '';
    try {
      detail = (await run()) ?? '';
    } catch (error) {
      ok = false;
      detail = error instanceof Error ? error.message : String(error);
    }
    const ms = Math.round(performance.now() - begun);
    this.cases.push({ name, ok, detail, ms });
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${ms} ms)${detail ? `: ${detail}` : ''}`);
    this.#write();
    return ok;
  }

  /** How many cases did not hold; a run without cases counts as one. */
  get failed(): number {
    return this.cases.length === 0 ? 1 : this.cases.filter(({ ok }) => !ok).length;
  }

  #write(): void {
    if (!this.#file) return;
    const passed = this.cases.length - this.failed;
    writeFileSync(this.#file, `${JSON.stringify({ passed, failed: this.failed, cases: this.cases }, null, 2)}\n`);
  }
}

/** Throws where `condition` does not hold. */
export function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

/** Of none: NaN. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
