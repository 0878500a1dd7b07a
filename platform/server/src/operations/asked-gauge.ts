import type { Logger } from '@cdp/core/kernel';
import { Gauge, type Registry } from 'prom-client';

/** One figure, or one for each value of the gauge's label. */
export type Figures = ReadonlyMap<string, number> | number;

export interface AskedGaugeOptions {
  name: string;
  help: string;
  /** Without it there is one figure. */
  label?: string | undefined;
  read: () => Promise<Figures>;
  registry: Registry;
  logger: Logger;
  /** Milliseconds that a reading of the metrics waits for it. Default 2,000. */
  patienceMs?: number;
}

/**
 * A figure that is asked for whenever the metrics are read. While its source is away, or too slow, it is left out and all others are
 * told: an old figure, or a zero, would pass for a true one.
 */
export class AskedGauge {
  readonly #options: AskedGaugeOptions;
  readonly #gauge: Gauge;
  /** A question that a former reading did not wait for is not asked twice. */
  #asking: Promise<Figures> | undefined;
  #away = false;

  constructor(options: AskedGaugeOptions) {
    this.#options = options;
    const { name, help, label, registry } = options;
    this.#gauge = new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
      collect: () => this.#collect(),
    });
  }

  async #collect(): Promise<void> {
    const { name, logger } = this.#options;
    try {
      this.#show(await this.#figures());
      this.#away = false;
    } catch (error) {
      this.#show(new Map());
      if (!this.#away) logger.warn('A figure is left out of the metrics.', { figure: name, reason: String(error) });
      this.#away = true;
    }
  }

  #show(figures: Figures): void {
    const { label = '' } = this.#options;
    this.#gauge.reset();
    if (typeof figures === 'number') this.#gauge.set(figures);
    else if (label === '') this.#gauge.remove();
    else for (const [value, figure] of figures) this.#gauge.set({ [label]: value }, figure);
  }

  async #figures(): Promise<Figures> {
    const { patienceMs = 2_000, read } = this.#options;
    this.#asking ??= read().finally(() => {
      this.#asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
    });
    try {
      return await Promise.race([this.#asking, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
