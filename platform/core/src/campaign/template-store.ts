import type { Page, PageRequest } from '../kernel/index.js';
import type { Template } from './template.js';

/** Templates with every version they ever had. A tenant sees its own alone. */
export abstract class TemplateStore {
  abstract insert(tenantId: string, template: Template): Promise<void>;

  /** The latest version, or the one asked for. */
  abstract get(tenantId: string, id: string, version?: number): Promise<Template | undefined>;

  /** Adds the next version where `expectedVersion` is the latest; false when it is not, or there is no such template. */
  abstract replace(tenantId: string, template: Template, expectedVersion: number): Promise<boolean>;

  /** Latest versions by id, of one channel or of all. */
  abstract list(tenantId: string, page: PageRequest & { channel?: string | undefined }): Promise<Page<Template>>;

  /** Takes it out of lists and from `get` without a version; its versions stay for the runs that were made of them. */
  abstract delete(tenantId: string, id: string): Promise<boolean>;
  abstract deleteTenant(tenantId: string): Promise<void>;
}
