import { CdpError, type Clock, invalid } from '@cdp/core/kernel';
import type { AppCredentials, AppDirectory } from '@cdp/core/tenancy';
import type { FastifyRequest } from 'fastify';
import { type AppAuthenticator, shownBy } from '../write-api/index.js';
import { isUserToken, readUserToken } from './user-token.js';

/** Who asks, and whose inbox it is about. */
export interface InboxCaller {
  app: AppCredentials;
  /** Such as `userId:42`. */
  identifier: string;
  /** Asked of a stream from time to time: tokens end, and apps and tenants are shut out. */
  isStillIn(): boolean;
}

export interface InboxGateDeps {
  authenticator: AppAuthenticator;
  directory: AppDirectory;
  clock: Clock;
}

const NAMES = ['userId', 'anonymousId', 'identifier'] as const;

/**
 * Lets in a user by a token that the app's backend signed, to that user's inbox alone; and a server app by its secret, to
 * anybody's. The key of a public app stands in the open and lets nobody in.
 */
export class InboxGate {
  readonly #deps: InboxGateDeps;

  constructor(deps: InboxGateDeps) {
    this.#deps = deps;
  }

  /** `tokenInQuery`: for browsers' EventSource, which can send no header. */
  async admit(request: FastifyRequest, options: { tokenInQuery?: boolean } = {}): Promise<InboxCaller> {
    const asked = askedFor(request);
    const token = tokenOf(request, options.tokenInQuery ?? false);
    if (token !== undefined) return this.#user(request, token, asked);
    const app = await this.#deps.authenticator.authenticate(this.#shown(request));
    if (app.kind !== 'server')
      throw new CdpError(
        'forbidden',
        'The key of a public app can read nothing. Send a token of the user as Bearer, which your backend signs with the secret of the app.',
      );
    if (asked === undefined) throw invalid('userId', 'Say whose inbox: userId, anonymousId, or identifier=type:value.');
    const isStillIn = () => {
      const known = this.#deps.directory.find(app.appKey);
      return known !== undefined && known.refusal(this.#deps.clock.now()) === undefined;
    };
    return { app, identifier: asked, isStillIn };
  }

  #user(request: FastifyRequest, token: string, asked: string | undefined): InboxCaller {
    const { authenticator, directory, clock } = this.#deps;
    const shown = this.#shown(request);
    const read = () => {
      const { app, userId } = readUserToken(token, directory, clock.now());
      return { app: authenticator.admit(app, shown), identifier: `userId:${userId}` };
    };
    const caller = read();
    if (asked !== undefined && asked !== caller.identifier)
      throw new CdpError('forbidden', 'This token is for the inbox of its own user; leave out whose it is.');
    const isStillIn = () => {
      try {
        read();
        return true;
      } catch {
        return false;
      }
    };
    return { ...caller, isStillIn };
  }

  #shown(request: FastifyRequest) {
    return shownBy(request, request.body as Buffer | undefined, undefined);
  }
}

function tokenOf(request: FastifyRequest, inQuery: boolean): string | undefined {
  const bearer = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined && isUserToken(bearer)) return bearer;
  const { token } = request.query as Record<string, unknown>;
  return inQuery && typeof token === 'string' ? token : undefined;
}

/** Whose inbox the query asks for. */
function askedFor(request: FastifyRequest): string | undefined {
  const query = request.query as Record<string, unknown>;
  const given = NAMES.filter((name) => query[name] !== undefined);
  const [name, ...more] = given;
  if (name === undefined) return undefined;
  const value = query[name];
  if (more.length > 0 || typeof value !== 'string') throw invalid(name, 'Name one person, once.');
  if (value.trim() === '' || value.length > 300) throw invalid(name, 'An identifier of 1 to 255 characters.');
  return name === 'identifier' ? value : `${name}:${value}`;
}
