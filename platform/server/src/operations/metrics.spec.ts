import { Logger, SilentLogger } from '@cdp/core/kernel';
import { describe, expect, it } from '@jest/globals';
import { AskedGauge, type Figures } from './asked-gauge.js';
import { Metrics } from './metrics.js';

class Warnings extends Logger {
  readonly figures: unknown[] = [];
  override debug(): void {}
  override info(): void {}
  override error(): void {}
  override warn(_message: string, fields?: Record<string, unknown>): void {
    this.figures.push(fields?.figure);
  }
}

const away = async (): Promise<never> => {
  throw new Error('Redis is away');
};

/** Lines of a scrape that tell a figure of the platform's own sources. */
async function told({ registry }: Pick<Metrics, 'registry'>): Promise<string[]> {
  const text = await registry.metrics();
  return text.split('\n').filter((line) => line.startsWith('cdp_of_'));
}

describe('figures that are asked for', () => {
  it('leaves out what cannot be told, and tells all others', async () => {
    const logger = new Warnings();
    const metrics = new Metrics(logger);
    const sources: Record<string, () => Promise<Figures>> = {
      one: async () => 3,
      many: async () => new Map([['a', 1]]),
    };
    metrics.gauge('cdp_of_one', 'one', undefined, () => sources.one?.() ?? away());
    metrics.gauge('cdp_of_many', 'many', 'of', () => sources.many?.() ?? away());
    expect(await told(metrics)).toEqual(['cdp_of_one 3', 'cdp_of_many{of="a"} 1']);
    sources.many = away;
    expect(await told(metrics)).toEqual(['cdp_of_one 3']);
    sources.one = away;
    expect(await told(metrics)).toEqual([]);
    expect(await metrics.registry.metrics()).toContain('cdp_ingest_events_accepted_total 0');
    expect(logger.figures).toEqual(['cdp_of_many', 'cdp_of_one']);
    Object.assign(sources, { one: async () => 0, many: async () => new Map([['b', 2]]) });
    expect(await told(metrics)).toEqual(['cdp_of_one 0', 'cdp_of_many{of="b"} 2']);
  });

  it('does not wait for a source that does not answer, nor ask it once more meanwhile', async () => {
    const { registry } = new Metrics(new SilentLogger());
    const answer = Promise.withResolvers<number>();
    let asked = 0;
    const read = (): Promise<number> => {
      asked++;
      return answer.promise;
    };
    const rest = { help: 'slow', registry, logger: new SilentLogger() };
    new AskedGauge({ name: 'cdp_of_slow', read, patienceMs: 1, ...rest });
    expect([await told({ registry }), await told({ registry })]).toEqual([[], []]);
    expect(asked).toBe(1);
    answer.resolve(7);
    await answer.promise;
    expect(await told({ registry })).toEqual(['cdp_of_slow 7']);
  });
});
