import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * Reads `whsec_BASE64` (the prefix may be left out) into a key of 24 to 64 bytes; undefined when it is not that. As a key object,
 * because signing with plain bytes makes one anew each time, which takes longer than the signature.
 */
export function readSigningKey(secret: string): KeyObject | undefined {
  const text = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length >= 24 && key.length <= 64 ? createSecretKey(key) : undefined;
}

/**
 * The three headers of the Standard Webhooks specification (https://www.standardwebhooks.com): an HMAC-SHA256 over id, time and body by
 * each key, so that a receiver that has either the new or the old key accepts it.
 */
export function signatureHeaders(
  keys: readonly KeyObject[],
  id: string,
  now: number,
  body: string,
): Record<string, string> {
  const timestamp = Math.floor(now / 1000).toString();
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
