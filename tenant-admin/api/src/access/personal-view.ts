import { AppDirectory, PersonalData } from '@cdp/core/tenancy';
import { Injectable } from '@nestjs/common';
import type { Caller } from './caller.js';

/** Shows profiles and events as the caller may see them: whole, or with what the tenant calls personal masked. */
@Injectable()
export class PersonalView {
  constructor(private readonly directory: AppDirectory) {}

  for(caller: Caller): <T extends object>(record: T) => T {
    if (caller.ability.can('read', 'PersonalData')) return (record) => record;
    const personal = new PersonalData(this.directory.settings(caller.tenantId).privacy);
    return (record) => personal.mask(record);
  }
}
