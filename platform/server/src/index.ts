export { Cluster, type ClusterOptions } from './cluster/cluster.js';
export { type Config, ConfigError, loadConfig } from './config/index.js';
export { PinoLogger } from './operations/index.js';
export { type Server, type ServerOptions, startServer } from './server.js';
