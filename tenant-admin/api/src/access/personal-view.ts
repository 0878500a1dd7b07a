import { AppDirectory, PersonalData } from '@cdp/core/tenancy';
import { Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';

/** Shows profiles and events as the caller may see them: whole, or with what the tenant calls personal masked. */
@Injectable()
export class PersonalView {
  constructor(private readonly directory: AppDirectory) {}

  for(caller: Caller): <T extends object>(record: T) => T {
    const personal = this.hides(caller);
    return personal ? (record) => personal.mask(record) : (record) => record;
  }

  /** What the caller may not see; undefined where that is nothing. */
  hides(caller: Caller): PersonalData | undefined {
    if (caller.ability.can('read', 'PersonalData')) return undefined;
    return new PersonalData(this.directory.settings(caller.tenantId).privacy);
  }
}
