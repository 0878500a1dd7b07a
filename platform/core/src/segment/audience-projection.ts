import {
  type AppliedPosition,
  type MembershipChange,
  type ProfileDocument,
  ProfileProjection,
} from '../profile/index.js';
import type { Audience } from './audience.js';

/** Keeps the audience up to date with every profile that is written. */
export class AudienceProjection extends ProfileProjection {
  readonly #audience: Audience;

  constructor(audience: Audience) {
    super();
    this.#audience = audience;
  }

  override async project(
    tenantId: string,
    documents: readonly ProfileDocument[],
    changes: readonly MembershipChange[],
  ): Promise<void> {
    if (changes.length > 0) await this.#audience.apply(tenantId, changes);
    if (documents.length > 0) await this.#audience.project(tenantId, documents);
  }

  override reached(position: AppliedPosition): void {
    this.#audience.reached(position);
  }

  override projectedPosition(partition: number): Promise<number | undefined> {
    return this.#audience.projectedPosition(partition);
  }

  override erase(tenantId: string, profileId: string): Promise<void> {
    return this.#audience.erase(tenantId, profileId);
  }
}
