import { Module } from '@nestjs/common';
import type { Role } from './role.js';

@Module({})
class NoControllers {}

/** All roles, in the order of the data. */
export const ROLES: readonly Role[] = [
  {
    name: 'ingest',
    module: NoControllers,
  },
];
