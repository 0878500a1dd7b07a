import { type OwnEngine, ownEngine } from '../../testing/index.js';

/** A broker that a test may do anything to. */
export interface OwnBroker extends OwnEngine {
  brokers: string[];
}

export async function ownBroker(): Promise<OwnBroker> {
  const engine = await ownEngine('kafka', 256);
  return { ...engine, brokers: [`127.0.0.1:${engine.port}`] };
}
