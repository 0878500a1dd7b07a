import { isIP } from 'node:net';
import { z } from 'zod';
import { duration, list, size, text, wholeNumber } from './setting.js';

const isAddressRange = (item: string): boolean => {
  const [address = '', bits, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
};

const isHttpUrl = (value: string): boolean =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && !/[?#]/.test(value);

export const httpSettings = z.object({
  PORT: wholeNumber(0, 65_535).prefault('3000').describe('TCP port to listen on. 0 takes a free one.'),
  HOST: text('address or name', (value) => !/\s/.test(value), 'write an address to listen on, such as 127.0.0.1')
    .prefault('127.0.0.1')
    .describe('Address to listen on. `0.0.0.0` or `::` for all.'),
  CDP_PUBLIC_URL: text(
    'URL',
    isHttpUrl,
    'write the URL that people reach this platform by, such as https://cdp.example',
  )
    .optional()
    .meta({ otherwise: 'http://HOST:PORT' })
    .describe('URL that people and providers reach the platform by; the links in messages start with it.'),
  CDP_TRUSTED_PROXIES: list(
    'comma-separated addresses or CIDR ranges',
    isAddressRange,
    'write addresses or CIDR ranges separated by commas, such as 10.0.0.0/8,::1',
  )
    .prefault('')
    .describe(
      'Proxies whose `X-Forwarded-For` is believed. Empty: none, and the address of a client is that of its connection. IP allowlists stand on this.',
    ),
  CDP_ADMIN_MAX_BODY: size().prefault('2MB').describe('Largest body of an admin API request.'),
  CDP_SHUTDOWN_GRACE: duration()
    .prefault('25s')
    .describe('How long a stop waits for requests and batches under way before it gives up with exit code 1.'),
});

export interface HttpConfig {
  port: number;
  host: string;
  /** Without a trailing slash; undefined: derived from the address listened on. */
  publicUrl: string | undefined;
  trustedProxies: string[];
  adminMaxBodyBytes: number;
  shutdownGraceMs: number;
}

export const httpConfig = httpSettings.transform(
  (env): HttpConfig => ({
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.CDP_PUBLIC_URL?.replace(/\/+$/, ''),
    trustedProxies: env.CDP_TRUSTED_PROXIES,
    adminMaxBodyBytes: env.CDP_ADMIN_MAX_BODY,
    shutdownGraceMs: env.CDP_SHUTDOWN_GRACE,
  }),
);
