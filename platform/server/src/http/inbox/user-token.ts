import { CdpError } from '@cdp/core/kernel';
import type { AppCredentials, AppDirectory } from '@cdp/core/tenancy';

/** What a user token says once its signature holds. */
export interface UserToken {
  app: AppCredentials;
  userId: string;
}

/** A token stands in browsers and apps: it is for a visit, and not a key. */
export const LONGEST_LIFE_MS = 24 * 3_600_000;
/** By how much the clock of who signs may be ahead. */
const LEEWAY_MS = 60_000;
const LONGEST_TOKEN = 4_096;
const LONGEST_USER_ID = 255;

const unauthenticated = (message: string): CdpError => new CdpError('unauthenticated', message);

/** Whether a Bearer value is a user token, as the keys of apps have no dots. */
export const isUserToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/**
 * Reads a JSON Web Token (RFC 7519) in which an app's backend says who sits in front of its front end: signed by HS256 with a secret of the app,
 * `iss` is the app's key, `sub` the user's id, `exp` at most a day ahead. Any other algorithm is refused, `none` above all.
 */
export function readUserToken(token: string, directory: AppDirectory, now: number): UserToken {
  if (token.length > LONGEST_TOKEN || !isUserToken(token)) throw unauthenticated('This is not a user token.');
  const [head, body, signature] = token.split('.') as [string, string, string];
  const { alg, crit } = partOf(head);
  if (alg !== 'HS256' || crit !== undefined) throw unauthenticated('A user token is signed by HS256.');
  const { iss, sub, exp, nbf } = partOf(body);
  const app = typeof iss === 'string' ? directory.find(iss) : undefined;
  if (!app?.signed(`${head}.${body}`, Buffer.from(signature, 'base64url').toString('hex'), now))
    throw unauthenticated('The user token is not signed with a secret of the app that its `iss` names by its key.');
  if (typeof exp !== 'number' || exp * 1_000 <= now) throw unauthenticated('The user token is over, or has no `exp`.');
  if (exp * 1_000 > now + LONGEST_LIFE_MS + LEEWAY_MS)
    throw unauthenticated('The `exp` of a user token is at most 24 hours ahead.');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1_000 <= now + LEEWAY_MS))
    throw unauthenticated('The user token is not good yet.');
  if (typeof sub !== 'string' || sub.trim() === '' || sub.length > LONGEST_USER_ID)
    throw unauthenticated('The `sub` of a user token is the id of the user.');
  return { app, userId: sub };
}

/** Anybody may have written it: nothing of it counts before the signature was checked, but for where to find the key. */
function partOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // falls through to the one error below
  }
  throw unauthenticated('The user token is not a JSON Web Token.');
}
