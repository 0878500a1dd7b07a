import { writeSync } from 'node:fs';

/** Writes a line to the parent before anything else happens, so that a kill right after finds it said. */
export function report(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let written = 0; written < bytes.length; )
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      // The pipe is full until the parent has read on.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
}
