export { type Check, Health, type Readiness } from './health.js';
export { Metrics } from './metrics.js';
export { NestLogger } from './nest-logger.js';
export { OperationsController } from './operations.controller.js';
export { PinoLogger } from './pino-logger.js';
export { currentRequest, type RequestContext, runInRequest } from './request-context.js';
