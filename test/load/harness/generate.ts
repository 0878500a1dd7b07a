import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GeneratorJob, GeneratorResult } from './generator-job.js';

const GENERATOR = fileURLToPath(new URL('./generator.js', import.meta.url));

/** Runs a job in a process of its own. Throws when an answer was not the good one: a figure with errors is no figure. */
export async function generate(job: GeneratorJob): Promise<GeneratorResult> {
  const child = fork(GENERATOR, { execArgv: [], serialization: 'advanced' });
  const result = await new Promise<GeneratorResult>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The generator of load ended with exit code ${code}.`)));
    child.on('message', (message) => {
      if (message === 'ready') child.send(job);
      else resolve(message as GeneratorResult);
    });
  });
  if (result.good !== result.requests)
    throw new Error(`${result.requests - result.good} of ${result.requests} answers were not as asked: ${result.bad}`);
  return result;
}
