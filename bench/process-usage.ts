import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

/** What the kernel says of a process. Linux only. */
export interface Usage {
  /** Time on a processor so far, in milliseconds. */
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
 * Time on a processor of the threads that a process has now, in milliseconds; finer than {@link Usage}'s, for a process
 * that is young and has ended none of them.
 *
 * @see https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html
 */
export function readYoungCpuMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(onCpu);
  });
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6;
}

/**
 * Of all its threads, those that have ended included; `/proc` counts in ticks of 10 ms.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
