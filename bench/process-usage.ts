import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel says of a process. Linux only. */
export interface Usage {
  /** Time on a processor so far, in milliseconds; of the threads that are still there. */
  readonly cpuMs: number;
  /** Resident memory now, and at most so far, in MB (10^6 bytes). */
  readonly memoryMb: number;
  readonly peakMemoryMb: number;
}

/** @throws {Error} where there is no such process, or no /proc */
export function readUsage(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    cpuMs: readCpuMs(pid),
    memoryMb: (kilobytes('VmRSS') * 1024) / 1e6,
    peakMemoryMb: (kilobytes('VmHWM') * 1024) / 1e6,
  };
}

/**
 * What its threads ran, in nanoseconds; `stat` counts in steps of 10 ms.
 *
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
function readCpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
}
