import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { metricOf, type ServerProcess } from '../builders/server-process.js';

const ANSWER_MS = 5_000;

/** Flags of Node with which a server can be asked where it stands although its event loop does not turn. */
export const TELLING_FLAGS = ['--inspect-port=0'];

/** The server answers nothing any more: a reason to find out why, and to ask no further. */
export class Stuck extends Error {}

/** What a run is at, and the requests that were sent and not answered. */
export class UnderWay {
  readonly #requests = new Map<number, { what: string; since: number }>();
  #count = 0;
  /** What the run is at, in a few words. */
  step = 'begins';

  /** To be called back when the answer is there. */
  begin(what: string): () => void {
    const id = this.#count++;
    this.#requests.set(id, { what, since: performance.now() });
    return () => void this.#requests.delete(id);
  }

  toString(): string {
    const lines = [...this.#requests.values()].map(
      ({ what, since }) => `  for ${Math.round(performance.now() - since)} ms: ${what}`,
    );
    return [`The run: ${this.step}; ${lines.length} requests without an answer.`, ...lines].join('\n');
  }
}

/** Does the work; where that is stuck, or not done after so long, fails with what can be found out about the server. */
export async function within<T>(ms: number, server: ServerProcess, underWay: UnderWay, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = async (): Promise<never> => {
    await delay(ms, undefined, { signal: done.signal });
    throw new Stuck(`It was not done within ${ms} ms.`);
  };
  try {
    return await Promise.race([work, late()]);
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    throw new Error(`${error.message}\n${await diagnosis(server, underWay)}`);
  } finally {
    done.abort();
  }
}

/** Where a server that does not come to an end stands: what is asked of it, what it says of itself, what it executes. */
async function diagnosis(server: ServerProcess, underWay: UnderWay): Promise<string> {
  const asked = underWay.toString();
  if (server.exitCode !== null) return `${asked}\nThe server ended with ${server.exitCode}.\n${server.lastLines}`;
  const url = await server.listening;
  const answers = await Promise.all([
    told('Alive', () => textOf(`${url}/healthz`)),
    told('Ready', () => textOf(`${url}/readyz`)),
    told('Records that wait', async () => String(await metricOf(url, 'cdp_consumer_lag_records'))),
    told('Deliveries to publish', async () => String(await metricOf(url, 'cdp_unpublished_delivery_batches'))),
    told('Threads', () => threadsOf(server)),
    told('Executes', () => stackOf(server)),
  ]);
  return [asked, ...answers, `Its last lines:\n${server.lastLines}`].join('\n');
}

async function told(what: string, ask: () => Promise<string>): Promise<string> {
  const late = delay(ANSWER_MS, `no answer within ${ANSWER_MS} ms`, { ref: false });
  return `${what}: ${await Promise.race([ask(), late]).catch(String)}`;
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

/** The stack of the main thread, asked of Node's inspector: it answers also in the middle of a loop without an end. */
async function stackOf(server: ServerProcess): Promise<string> {
  process.kill(server.pid, 'SIGUSR1');
  let address: string | undefined;
  while (address === undefined) {
    await delay(50);
    address = /Debugger listening on (ws:\S+)/.exec(server.lastLines)?.[1];
  }
  const inspector = new WebSocket(address);
  const frames = new Promise<string>((resolve, reject) => {
    inspector.onerror = () => reject(new Error('the inspector cannot be reached'));
    inspector.onopen = () => {
      for (const [id, method] of ['Debugger.enable', 'Debugger.pause'].entries())
        inspector.send(JSON.stringify({ id, method }));
    };
    const urls = new Map<string, string>();
    inspector.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as InspectorMessage;
      if (message.method === 'Debugger.scriptParsed') urls.set(message.params.scriptId, message.params.url);
      if (message.method === 'Debugger.paused')
        resolve(
          message.params.callFrames
            .map(({ functionName, location: { scriptId, lineNumber } }) => {
              return `\n  ${functionName} ${urls.get(scriptId)}:${lineNumber + 1}`;
            })
            .join(''),
        );
    };
  });
  return frames.finally(() => inspector.close());
}

type InspectorMessage =
  | { method: 'Debugger.scriptParsed'; params: { scriptId: string; url: string } }
  | {
      method: 'Debugger.paused';
      params: { callFrames: { functionName: string; location: { scriptId: string; lineNumber: number } }[] };
    }
  | { method?: undefined };

/** What each thread waits for in the kernel, and the processor time that it had: a lock that nobody opens shows here. */
async function threadsOf({ pid }: ServerProcess): Promise<string> {
  const folder = `/proc/${pid}/task`;
  const of = (thread: string, file: string): string => readFileSync(join(folder, thread, file), 'utf8').trim();
  return readdirSync(folder)
    .map((thread) => {
      const [state, , , , , , , , , , , user, system] = of(thread, 'stat')
        .replace(/^.*\) /, '')
        .split(' ');
      return `\n  ${of(thread, 'comm')} ${state} ${of(thread, 'wchan')}, ${Number(user) + Number(system)} ticks`;
    })
    .join('');
}
