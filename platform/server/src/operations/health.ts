/** How one thing that the process stands on is doing. */
export interface Check {
  name: string;
  /** Figures worth showing; throws when the thing does not do its work. */
  check: () => Promise<Record<string, unknown>>;
}

export interface Readiness {
  ready: boolean;
  draining: boolean;
  checks: Record<string, { ok: boolean; tookMs: number; details?: Record<string, unknown>; error?: string }>;
}

const TIMEOUT_MS = 2_000;

/** Whether this process should get traffic: every store answers, and it is not stopping. */
export class Health {
  readonly #checks: readonly Check[];
  #draining = false;

  constructor(checks: readonly Check[]) {
    this.#checks = checks;
  }

  /** From now on not ready, so that a load balancer turns away. */
  drain(): void {
    this.#draining = true;
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(this.#checks.map((check) => run(check)));
    const checks = Object.fromEntries(results);
    return { ready: !this.#draining && results.every(([, result]) => result.ok), draining: this.#draining, checks };
  }
}

async function run({ name, check }: Check): Promise<[string, Readiness['checks'][string]]> {
  const started = performance.now();
  const took = (): number => Math.round((performance.now() - started) * 10) / 10;
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    });
    const details = await Promise.race([check(), late]);
    return [name, { ok: true, tookMs: took(), details }];
  } catch (error) {
    return [name, { ok: false, tookMs: took(), error: error instanceof Error ? error.message : String(error) }];
  } finally {
    clearTimeout(timer);
  }
}
