import type { Logger } from '@cdp/core/kernel';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { AskedGauge, type Figures } from './asked-gauge.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What `/metrics` shows. Names and labels are part of the product: dashboards and alerts stand on them. */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'cdp_http_request_duration_seconds',
    help: 'Time to answer requests of the admin API, the links and callbacks, by route.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });

  readonly ingestRequests = new Histogram({
    name: 'cdp_ingest_request_duration_seconds',
    help: 'Time to answer requests of the write API, the durable append included.',
    labelNames: ['status'] as const,
    buckets: SECONDS,
    registers: [this.registry],
  });

  readonly ingestAccepted = new Counter({
    name: 'cdp_ingest_events_accepted_total',
    help: 'Events answered as accepted: durable in the log.',
    registers: [this.registry],
  });

  readonly ingestRejected = new Counter({
    name: 'cdp_ingest_events_rejected_total',
    help: 'Events refused at the door, by the code told to the sender.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  readonly callbacksUnverified = new Counter({
    name: 'cdp_callbacks_unverified_total',
    help: 'Provider callbacks whose signature did not fit.',
    registers: [this.registry],
  });

  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
    collectDefaultMetrics({ register: this.registry });
  }

  /** A figure that is asked for when the metrics are read, and left out while its source is away. */
  gauge(name: string, help: string, label: string | undefined, read: () => Promise<Figures>): void {
    new AskedGauge({ name, help, label, read, registry: this.registry, logger: this.#logger });
  }
}
