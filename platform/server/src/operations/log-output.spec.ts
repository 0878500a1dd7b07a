import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LogOutput } from './log-output.js';

const undo: (() => void)[] = [];
afterEach(() => {
  for (const one of undo.splice(0)) one();
});

/** A process that writes so many lines to a pipe that does not block, as Node's own standard output is once it was used. */
function writer(lines: number, after: string): ChildProcess {
  const output = new URL('./log-output.js', import.meta.url).href;
  const script = `
    import { LogOutput } from ${JSON.stringify(output)};
    process.stdout.write('begin\\n');
    const output = new LogOutput(1);
    for (let number = 0; number < ${lines}; number++) output.write(JSON.stringify({ number, filler: 'x'.repeat(200) }) + '\\n');
    ${after}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  undo.push(() => child.kill('SIGKILL'));
  return child;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<{ number?: number; lines?: number }> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
    if (line !== 'begin') yield JSON.parse(line);
}

describe('LogOutput', () => {
  it('writes what waits when it is told to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cdp-output-'));
    const file = join(folder, 'log');
    const descriptor = openSync(file, 'w');
    undo.push(
      () => rmSync(folder, { recursive: true }),
      () => closeSync(descriptor),
    );
    const output = new LogOutput(descriptor);
    output.write('one\n');
    output.write('two\n');
    output.flush();
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    output.write('three\n');
    output.close();
    output.write('late\n');
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\nthree\n');
  });

  it('gives every line in its order to a reader that is behind, also when the process ends', async () => {
    const numbers: (number | undefined)[] = [];
    for await (const { number } of linesOf(writer(5_000, 'process.exit(0);'))) numbers.push(number);
    expect(numbers).toEqual(Array.from({ length: 5_000 }, (_, number) => number));
  });

  it('drops, and counts, what a reader that stands still leaves no room for', async () => {
    const written = 250_000;
    let read = 0;
    let dropped = 0;
    for await (const { number, lines } of linesOf(writer(written, 'process.stdin.resume();'))) {
      if (number !== undefined) read++;
      dropped += lines ?? 0;
      if (dropped > 0) break;
    }
    expect(read).toBeLessThan(written);
    expect(read + dropped).toBe(written);
  });
});
