import type { Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { RoleName } from '../config/index.js';
import type { Platform } from '../wiring/platform.js';

/** What a process with this role runs; nothing else. */
export interface Role {
  name: RoleName;
  /** Its controllers. */
  module: Type;
  /** Doors that are registered with the bare HTTP server, where each microsecond counts. */
  doors?: (platform: Platform, fastify: FastifyInstance) => Promise<void> | void;
  /** Consumers and schedules; they stop with the platform. */
  start?: (platform: Platform) => Promise<void>;
}
