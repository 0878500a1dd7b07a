export type { AccessConfig } from './access-config.js';
export { type Config, ConfigError, loadConfig } from './config.js';
export { configurationReference } from './configuration-reference.js';
export type { DataConfig } from './data-config.js';
export type { DeliveryConfig } from './delivery-config.js';
export type { HttpConfig } from './http-config.js';
export type { IngestConfig } from './ingest-config.js';
export type { OperationsConfig } from './operations-config.js';
export { ROLE_NAMES, type RoleName } from './roles-config.js';
