import { readFileSync } from 'node:fs';

/** Megabytes that a process holds of its own: without the pages of files that it has mapped. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
}
