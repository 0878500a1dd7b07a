import { CdpError } from '@cdp/core/kernel';
import type { MasterKeys } from '@cdp/core/tenancy';
import { jwtVerify, SignJWT } from 'jose';

const ISSUER = 'cdp';
const AUDIENCE = 'cdp-admin';
const TOKENS_KEPT = 10_000;

/** Names a session in a way that cannot be made up. What the person may do is not in it: that is asked of the session. */
export class AccessTokens {
  readonly #keys: { id: string; key: Buffer }[];
  /** Tokens whose signature held, with the session and when they end: a page of the console asks many times by one token. */
  readonly #verified = new Map<string, { sessionId: string; from: number; until: number }>();

  constructor(masters: MasterKeys) {
    this.#keys = masters.derived('access-token');
  }

  /** @param expiresAt epoch milliseconds */
  async sign(sessionId: string, accountId: string, issuedAt: number, expiresAt: number): Promise<string> {
    const { id, key } = this.#keys[0] as { id: string; key: Buffer };
    return new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256', kid: id })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(accountId)
      .setIssuedAt(Math.floor(issuedAt / 1_000))
      .setExpirationTime(Math.floor(expiresAt / 1_000))
      .sign(key);
  }

  /** The session id, at once where the token is known. Throws `unauthenticated` for anything not signed here or over at `now`. */
  sessionOf(token: string, now: number): string | Promise<string> {
    const known = this.#verified.get(token);
    return known && known.from <= now && now < known.until ? known.sessionId : this.#verify(token, now);
  }

  async #verify(token: string, now: number): Promise<string> {
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.#keyOf(kid), {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        currentDate: new Date(now),
      });
      const { sid, exp } = payload;
      if (typeof sid === 'string') {
        if (this.#verified.size >= TOKENS_KEPT) this.#verified.clear();
        if (exp !== undefined) this.#verified.set(token, { sessionId: sid, from: now, until: exp * 1_000 });
        return sid;
      }
    } catch (error) {
      throw new CdpError('unauthenticated', 'The access token is not valid or is over: log in again.', {
        cause: error,
      });
    }
    throw new CdpError('unauthenticated', 'The access token names no session.');
  }

  #keyOf(kid: string | undefined): Buffer {
    const found = this.#keys.find(({ id }) => id === kid);
    if (!found) throw new Error('No such key.');
    return found.key;
  }
}
