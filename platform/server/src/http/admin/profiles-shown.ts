import { type ProfileDocument, type ProfileView, viewOf } from '@cdp/core/profile';
import { AggregateValues } from '@cdp/core/segment';
import { MASK } from '@cdp/core/tenancy';
import { type Caller, PersonalView } from '@cdp/tenant-admin-api';
import { Injectable } from '@nestjs/common';

/** Profiles with their aggregates, as a caller may see them. */
@Injectable()
export class ProfilesShown {
  constructor(
    private readonly aggregates: AggregateValues,
    private readonly personal: PersonalView,
  ) {}

  async to(caller: Caller, documents: readonly ProfileDocument[]): Promise<ProfileView[]> {
    const { asOf, values } = await this.aggregates.of(caller.tenantId, documents);
    const hidden = this.personal.hides(caller);
    if (!hidden) return documents.map((document, index) => viewOf(document, values[index] ?? {}, asOf));
    const telling = this.aggregates.telling(caller.tenantId, (field) => hidden.isPersonalField(field));
    const masked = Object.fromEntries(telling.map((name) => [name, MASK]));
    return documents.map((document, index) => hidden.mask(viewOf(document, { ...values[index], ...masked }, asOf)));
  }
}
