import { Clock } from '@cdp/core/kernel';
import { AuthService, type Principal } from '@cdp/core/tenancy';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Access } from '../access/access.js';
import { CurrentUser, type User } from '../access/caller.js';
import { Cookies } from '../access/cookies.js';
import { LoggedIn, Public } from '../access/declarations.js';
import { type HttpReply, type HttpRequest, headerOf } from '../access/http.js';
import { iso } from '../requests/instant.js';
import { changePasswordSchema, loginAnswerSchema, loginSchema, meSchema, sessionSchema } from './auth-schemas.js';

const meOf = ({ account, memberships }: Principal): z.infer<typeof meSchema> => ({
  id: account.id,
  email: account.email,
  name: account.name,
  platformAdmin: account.platformAdmin,
  mustChangePassword: account.passwordState === 'temporary',
  memberships,
});

@ApiTags('auth')
@Controller('api/v1/auth')
export class AuthController {
  readonly #cookies: Cookies;

  constructor(
    private readonly auth: AuthService,
    private readonly access: Access,
    private readonly clock: Clock,
  ) {
    this.#cookies = new Cookies(access.settings.publicUrl);
  }

  /** Logs in by e-mail address and password. The token is answered for clients, and set as a cookie for the console. */
  @Public()
  @ApiOperation({ summary: 'Logs in with e-mail and password' })
  @Post('login')
  @HttpCode(200)
  @ApiOkResponse({ standardSchema: loginAnswerSchema })
  async login(
    @Body({ schema: loginSchema }) body: z.infer<typeof loginSchema>,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<z.infer<typeof loginAnswerSchema>> {
    const { session, principal, deviceMark } = await this.auth.login({
      ...body,
      address: request.ip,
      userAgent: headerOf(request, 'user-agent'),
      deviceMark: this.#cookies.device(request),
    });
    const accessToken = await this.access.tokens.sign(
      session.id,
      session.accountId,
      session.createdAt,
      session.expiresAt,
    );
    this.#cookies.setLogin(reply, accessToken, deviceMark, (session.expiresAt - this.clock.now()) / 1_000);
    reply.header('cache-control', 'no-store');
    return { accessToken, expiresAt: iso(session.expiresAt), user: meOf(principal) };
  }

  /** Ends this login. */
  @LoggedIn()
  @ApiOperation({ summary: 'Ends the session' })
  @Post('logout')
  @HttpCode(204)
  @ApiNoContentResponse()
  async logout(@CurrentUser() { principal }: User, @Res({ passthrough: true }) reply: HttpReply): Promise<void> {
    await this.auth.logout(principal);
    this.#cookies.clearSession(reply);
  }

  /** Changes one's own password; every other login of the account ends. */
  @LoggedIn()
  @ApiOperation({ summary: 'Changes the password; other sessions end' })
  @Post('password')
  @HttpCode(204)
  @ApiNoContentResponse()
  async changePassword(
    @Body({ schema: changePasswordSchema }) body: z.infer<typeof changePasswordSchema>,
    @CurrentUser() { principal, actor }: User,
  ): Promise<void> {
    await this.auth.changePassword(principal, body.currentPassword, body.newPassword, actor);
  }

  /** Who is logged in, and in which tenants as what. */
  @LoggedIn()
  @ApiOperation({ summary: 'Who is logged in, and with which roles' })
  @Get('me')
  @ApiOkResponse({ standardSchema: meSchema })
  me(@CurrentUser() { principal }: User): z.infer<typeof meSchema> {
    return meOf(principal);
  }

  /** One's own logins that are live. */
  @LoggedIn()
  @ApiOperation({ summary: 'Sessions of the account' })
  @Get('sessions')
  @ApiOkResponse({ standardSchema: z.object({ items: z.array(sessionSchema) }) })
  async sessions(@CurrentUser() { principal }: User): Promise<{ items: z.infer<typeof sessionSchema>[] }> {
    const sessions = await this.auth.sessions(principal);
    return {
      items: sessions.map(({ id, createdAt, expiresAt, address, userAgent }) => ({
        id,
        createdAt: iso(createdAt),
        expiresAt: iso(expiresAt),
        address,
        userAgent,
        current: id === principal.sessionId,
      })),
    };
  }

  /** Ends one of one's own logins. */
  @LoggedIn()
  @ApiOperation({ summary: 'Ends one session of the account' })
  @Delete('sessions/:id')
  @HttpCode(204)
  @ApiNoContentResponse()
  async revokeSession(@Param('id') id: string, @CurrentUser() { principal, actor }: User): Promise<void> {
    await this.auth.revokeSession(principal, id, actor);
  }
}
