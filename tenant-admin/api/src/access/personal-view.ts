import { AppDirectory, PersonalData, type TenantSettings } from '@cdp/core/tenancy';
import { Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';

/** Shows profiles and events as the caller may see them: whole, or with what the tenant calls personal masked. */
@Injectable()
export class PersonalView {
  /** Settings live as long as they hold; what they call personal is looked at once. */
  readonly #known = new WeakMap<TenantSettings['privacy'], PersonalData>();

  constructor(private readonly directory: AppDirectory) {}

  for(caller: Caller): <T extends object>(record: T) => T {
    const personal = this.hides(caller);
    return personal ? (record) => personal.mask(record) : (record) => record;
  }

  /** What the caller may not see; undefined where that is nothing. */
  hides(caller: Caller): PersonalData | undefined {
    if (caller.ability.can('read', 'PersonalData')) return undefined;
    const { privacy } = this.directory.settings(caller.tenantId);
    let personal = this.#known.get(privacy);
    if (!personal) {
      personal = new PersonalData(privacy);
      this.#known.set(privacy, personal);
    }
    return personal;
  }
}
