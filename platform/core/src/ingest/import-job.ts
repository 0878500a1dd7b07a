import type { Page, PageRequest } from '../kernel/index.js';
import type { ImportMapping } from './import-mapping.js';

export const IMPORT_FORMATS = ['csv', 'ndjson'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface ImportJob {
  id: string;
  tenantId: string;
  appId: string;
  state: 'queued' | 'running' | 'completed' | 'failed';
  format: ImportFormat;
  mapping: ImportMapping | null;
  /** Name of the upload in the file store. */
  file: string;
  bytes: number;
  rows: number;
  accepted: number;
  rejected: number;
  /** Why it failed as a whole. */
  problem?: string;
  /** Epoch milliseconds. */
  createdAt: number;
  finishedAt?: number;
}

/** Jobs of bulk imports. */
export abstract class ImportStore {
  abstract insert(tenantId: string, job: ImportJob): Promise<void>;
  abstract update(tenantId: string, job: ImportJob): Promise<void>;
  abstract get(tenantId: string, id: string): Promise<ImportJob | undefined>;

  /** Newest first. */
  abstract list(tenantId: string, page: PageRequest): Promise<Page<ImportJob>>;

  /** Jobs of all tenants that are not finished, oldest first. */
  abstract unfinished(limit: number): Promise<ImportJob[]>;

  /** Jobs of all tenants that were finished before the instant (epoch milliseconds), some of them. */
  abstract finishedBefore(instant: number, limit: number): Promise<ImportJob[]>;
  abstract delete(tenantId: string, id: string): Promise<void>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}
