import { notFound } from '@cdp/core/kernel';
import {
  type Caller,
  Can,
  CurrentCaller,
  pageQuerySchema,
  pageSchema,
  showPage,
  timeSchema,
} from '@cdp/tenant-admin-api';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type KeptMail, LocalInboxes } from './local-inbox.js';

const mailSchema = z
  .object({
    id: z.string(),
    profileId: z.string(),
    campaignId: z.string().nullable(),
    from: z.string(),
    to: z.string(),
    subject: z.string(),
    html: z.string().nullable(),
    text: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    unsubscribe: z.string().nullable().meta({ description: 'The one-click unsubscribe link.' }),
    receivedAt: timeSchema,
  })
  .meta({ id: 'LocalMail' });

const querySchema = pageQuerySchema.extend({ to: z.string().max(320).optional() });

const show = (mail: KeptMail): z.infer<typeof mailSchema> => ({
  id: mail.id,
  profileId: mail.profileId,
  campaignId: mail.campaignId ?? null,
  from: mail.from,
  to: mail.to,
  subject: mail.subject,
  html: mail.html ?? null,
  text: mail.text ?? null,
  headers: mail.headers,
  unsubscribe: mail.unsubscribe ?? null,
  receivedAt: mail.receivedAt,
});

@ApiTags('local inbox')
@Controller('api/v1/local-inbox')
export class LocalInboxController {
  constructor(private readonly inboxes: LocalInboxes) {}

  /** Mails of the provider `local`, newest first. */
  @Can('read', 'LocalInbox')
  @ApiOperation({ summary: 'Mails that the provider `local` kept' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(mailSchema) })
  async list(
    @Query({ schema: querySchema }) query: z.infer<typeof querySchema>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return showPage(await this.inboxes.list(tenantId, query), show);
  }

  @Can('read', 'LocalInbox')
  @ApiOperation({ summary: 'One mail that the provider `local` kept' })
  @Get(':id')
  @ApiOkResponse({ standardSchema: mailSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller) {
    const mail = await this.inboxes.get(tenantId, id);
    if (!mail) throw notFound('mail');
    return show(mail);
  }
}
