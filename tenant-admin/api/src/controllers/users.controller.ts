import { type Member, UserService } from '@cdp/core/tenancy';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { type Caller, CurrentCaller } from '../access/caller.js';
import { Can, KeepsOwnRecord } from '../access/declarations.js';
import { ChangesVersion, IfMatch, requireVersion, Versioned } from '../requests/entity-tag.js';
import { iso } from '../requests/instant.js';
import { type PageQuery, pageQuerySchema, pageSchema, showPage } from '../requests/page-query.js';
import {
  createdUserSchema,
  newUserSchema,
  passwordAnswerSchema,
  userChangeSchema,
  userSchema,
} from './user-schemas.js';

type Shown = z.infer<typeof userSchema>;

const show = (member: Member): Shown => ({
  id: member.accountId,
  email: member.email,
  name: member.name,
  role: member.role,
  personalData: member.personalData,
  mustChangePassword: member.passwordState === 'temporary',
  version: member.version,
  createdAt: iso(member.createdAt),
});

@ApiTags('users')
@KeepsOwnRecord()
@Controller('api/v1/users')
export class UsersController {
  constructor(private readonly users: UserService) {}

  /** Lets a person into the tenant. A new account gets a temporary password, answered this once. */
  @Can('create', 'User')
  @ApiOperation({ summary: 'Lets somebody in, with a role' })
  @Post()
  @ApiCreatedResponse({ standardSchema: createdUserSchema })
  async create(
    @Body({ schema: newUserSchema }) body: z.infer<typeof newUserSchema>,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof createdUserSchema>> {
    const { member, temporaryPassword } = await this.users.invite(caller.tenantId, body, caller);
    return { ...show(member), temporaryPassword };
  }

  @Can('read', 'User')
  @ApiOperation({ summary: 'People who may work for the tenant' })
  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(userSchema) })
  async list(@Query({ schema: pageQuerySchema }) query: PageQuery, @CurrentCaller() { tenantId }: Caller) {
    return showPage(await this.users.list(tenantId, query), show);
  }

  @Can('read', 'User')
  @ApiOperation({ summary: 'One user' })
  @Get(':id')
  @Versioned()
  @ApiOkResponse({ standardSchema: userSchema })
  async get(@Param('id') id: string, @CurrentCaller() { tenantId }: Caller): Promise<Shown> {
    return show(await this.users.get(tenantId, id));
  }

  /** Changes what the person may do in this tenant. */
  @Can('update', 'User')
  @ApiOperation({ summary: 'Changes the role of a user' })
  @Patch(':id')
  @ChangesVersion()
  @ApiOkResponse({ standardSchema: userSchema })
  async update(
    @Param('id') id: string,
    @Body({ schema: userChangeSchema }) body: z.infer<typeof userChangeSchema>,
    @CurrentCaller() caller: Caller,
    @IfMatch() expected: number | undefined,
  ): Promise<Shown> {
    const { version } = await this.users.get(caller.tenantId, id);
    requireVersion(version, expected);
    return show(await this.users.update(caller.tenantId, id, body, caller, version));
  }

  /** Takes the person out of the tenant; every login of theirs ends. */
  @Can('delete', 'User')
  @ApiOperation({ summary: 'Takes a user out of the tenant' })
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.users.remove(caller.tenantId, id, caller);
  }

  /** A new temporary password, answered this once. */
  @Can('update', 'User')
  @ApiOperation({ summary: 'Gives a user a temporary password' })
  @Post(':id/reset-password')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: passwordAnswerSchema })
  async resetPassword(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<z.infer<typeof passwordAnswerSchema>> {
    return { temporaryPassword: await this.users.resetPassword(caller.tenantId, id, caller) };
  }

  /** Ends every login of the person. */
  @Can('update', 'User')
  @ApiOperation({ summary: 'Ends all sessions of a user' })
  @Delete(':id/sessions')
  @HttpCode(204)
  @ApiNoContentResponse()
  async revokeSessions(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    await this.users.revokeSessions(caller.tenantId, id, caller);
  }
}
