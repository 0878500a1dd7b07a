import { createHmac } from 'node:crypto';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What the backend of an app signs for the user in front of it, good for an hour; `claims` replace those that it would have. */
export function userToken(
  { appKey, secretKey }: { appKey: string; secretKey: string },
  userId: string,
  claims: Record<string, unknown> = {},
  header: Record<string, unknown> = { alg: 'HS256', typ: 'JWT' },
): string {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const signed = `${part(header)}.${part({ iss: appKey, sub: userId, exp, ...claims })}`;
  return `${signed}.${createHmac('sha256', secretKey).update(signed).digest('base64url')}`;
}
