import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Audience } from './audience.js';
import { describeAudienceMembers } from './audience-members.contract.js';
import { describeAudienceProfiles } from './audience-profiles.contract.js';
import { describeAudienceTenants } from './audience-tenants.contract.js';

/** A place where one audience lives: opened, closed and opened again it is the same one. */
export interface AudienceHome {
  open(): Promise<Audience>;
  remove(): Promise<void>;
}

/** The audience under test, opened anew for each test. */
export interface AudienceSubject {
  readonly audience: Audience;
  reopen(): Promise<void>;
}

/** What rules mean is held elsewhere, against the reference evaluator; here it is what is kept, and for whom. */
export function describeAudienceContract(name: string, makeHome: () => Promise<AudienceHome>): void {
  describe(`Audience contract: ${name}`, () => {
    let home: AudienceHome;
    let audience: Audience;
    const subject: AudienceSubject = {
      get audience() {
        return audience;
      },
      async reopen() {
        await audience.close();
        audience = await home.open();
      },
    };

    beforeEach(async () => {
      home = await makeHome();
      audience = await home.open();
    });
    afterEach(async () => {
      await audience.close();
      await home.remove();
    });

    describeAudienceProfiles(subject);
    describeAudienceMembers(subject);
    describeAudienceTenants(subject);
  });
}
