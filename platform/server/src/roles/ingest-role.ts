import { addWriteApi } from '../http/write-api/index.js';
import { NoControllers } from './no-controllers.js';
import type { Role } from './role.js';

export const ingestRole: Role = {
  name: 'ingest',
  module: NoControllers,
  doors: (platform, fastify) =>
    addWriteApi(fastify, {
      ingest: platform.ingest,
      imports: platform.imports,
      files: platform.stores.files,
      ids: platform.ids,
      rejected: platform.stores.rejected,
      deduper: platform.stores.deduper,
      events: platform.stores.events,
      profiles: platform.stores.profiles,
      messagesOfEvent: platform.messagesOfEvent,
      authenticator: platform.authenticator,
      directory: platform.tenancy.directory,
      config: platform.config.ingest,
      logger: platform.logger,
      metrics: platform.metrics,
      publicUrl: platform.publicUrl,
    }),
  start: ({ imports }) => imports.start(),
};
