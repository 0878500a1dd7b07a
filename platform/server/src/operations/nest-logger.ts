import type { Logger } from '@cdp/core/kernel';
import type { LoggerService } from '@nestjs/common';

/** The framework's own lines in ours; what it says in passing at a start is for debugging. */
export class NestLogger implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(message: unknown, context?: unknown): void {
    this.#logger.debug(String(message), { framework: context });
  }

  debug(message: unknown, context?: unknown): void {
    this.#logger.debug(String(message), { framework: context });
  }

  verbose(message: unknown, context?: unknown): void {
    this.#logger.debug(String(message), { framework: context });
  }

  warn(message: unknown, context?: unknown): void {
    this.#logger.warn(String(message), { framework: context });
  }

  error(message: unknown, stack?: unknown, context?: unknown): void {
    this.#logger.error(String(message), { framework: context, stack });
  }

  fatal(message: unknown, stack?: unknown, context?: unknown): void {
    this.error(message, stack, context);
  }
}
