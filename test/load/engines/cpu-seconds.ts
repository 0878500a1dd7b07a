import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux on every machine that Node runs on. */
const TICKS_A_SECOND = 100;

/** Seconds of processor time that a process has taken so far; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // What stands before is the name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}

/** The engines that run on this machine, by what stands in their command line. */
const ENGINES = { kafka: 'kafka.Kafka', elasticsearch: 'LoneNode', mysql: 'mariadbd', redis: 'redis-server' } as const;

/** Processor seconds of each engine so far, of those that can be seen from here. */
export function engineSeconds(): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    let command = '';
    try {
      command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      continue;
    }
    for (const [name, mark] of Object.entries(ENGINES))
      if (command.includes(mark)) seconds[name] = (seconds[name] ?? 0) + cpuSeconds(pid);
  }
  return seconds;
}
