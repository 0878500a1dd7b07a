import type { Logger } from '@cdp/core/kernel';

/** What has to be closed again, in the opposite order of its opening. */
export class OpenThings {
  readonly #logger: Logger;
  readonly #closers: { name: string; close: () => Promise<void> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, close: () => Promise<void>): void {
    this.#closers.push({ name, close });
  }

  port<T extends { close(): Promise<void> }>(name: string, port: T): T {
    this.add(name, () => port.close());
    return port;
  }

  /** One that fails to close does not keep the others open. */
  async close(): Promise<void> {
    for (const { name, close } of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        this.#logger.error('A part could not be closed', { part: name, error });
      }
    }
  }
}
