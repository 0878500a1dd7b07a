import { ConsentService, type ConsentStatement } from '@cdp/core/consent';
import { ProfileService } from '@cdp/core/profile';
import { type Caller, Can, CurrentCaller, iso } from '@cdp/tenant-admin-api';
import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { consentSchema, newConsentsSchema, policyQuerySchema, policySchema } from './consent-schemas.js';

const policies = z.object({ items: z.array(policySchema), nextCursor: z.null() });
const statements = z.object({ items: z.array(consentSchema), nextCursor: z.null() });

const show = ({ channel, topic, status, at, source }: ConsentStatement) => ({
  channel,
  topic,
  status,
  at: iso(at),
  source,
});

@ApiTags('consent')
@Controller('api/v1')
export class ConsentController {
  constructor(
    private readonly consent: ConsentService,
    private readonly profiles: ProfileService,
  ) {}

  /** What holds for people who said nothing. Without a policy a channel is allowed. */
  @Can('read', 'ConsentPolicy')
  @ApiOperation({ summary: 'What the tenant asks for before it sends, by channel and topic' })
  @Get('consent-policies')
  @ApiOkResponse({ standardSchema: policies })
  async list(@CurrentCaller() { tenantId }: Caller) {
    return { items: await this.consent.policies(tenantId), nextCursor: null };
  }

  @Can('update', 'ConsentPolicy')
  @ApiOperation({ summary: 'Sets the policy of a channel or topic' })
  @Put('consent-policies')
  @ApiOkResponse({ standardSchema: policySchema })
  put(@Body({ schema: policySchema }) body: z.infer<typeof policySchema>, @CurrentCaller() { tenantId }: Caller) {
    return this.consent.putPolicy(tenantId, body);
  }

  @Can('delete', 'ConsentPolicy')
  @ApiOperation({ summary: 'Removes the policy of a channel or topic' })
  @Delete('consent-policies')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(
    @Query({ schema: policyQuerySchema }) { channel, topic }: z.infer<typeof policyQuerySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ): Promise<void> {
    await this.consent.deletePolicy(tenantId, channel, topic);
  }

  /** Everything the person said about messages. */
  @Can('read', 'Profile')
  @ApiOperation({ summary: 'What a person consented to' })
  @Get('profiles/:id/consents')
  @ApiOkResponse({ standardSchema: statements })
  async of(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    await this.profiles.get(tenantId, id);
    return { items: (await this.consent.of(tenantId, id)).map(show), nextCursor: null };
  }

  /** Notes what the person said; the last word by time counts. */
  @Can('update', 'Profile')
  @ApiOperation({ summary: 'Records what a person consented to or took back' })
  @Put('profiles/:id/consents')
  @ApiOkResponse({ standardSchema: statements })
  async set(
    @Param('id') id: string,
    @Body({ schema: newConsentsSchema }) { consents }: z.infer<typeof newConsentsSchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    await this.profiles.get(tenantId, id);
    return { items: (await this.consent.set(tenantId, id, consents)).map(show), nextCursor: null };
  }
}
