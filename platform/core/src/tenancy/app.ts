import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import type { Limits } from './tenant-settings.js';

/** `server`: holds a secret and may do what the write API offers. `public`: its key is in the open and can only write. */
export type AppKind = 'server' | 'public';

/** Limits of an app's own; what is left out is the tenant's. */
export type AppLimits = { [Name in keyof Limits]?: Limits[Name] | undefined };

/** A source of data of a tenant: a shop, a mobile app, a backend. */
export interface App {
  tenantId: string;
  id: string;
  /** What a client shows; unique over all tenants. */
  appKey: string;
  name: string;
  kind: AppKind;
  /** Empty: any. Binds only requests that carry an `Origin`. */
  allowedOrigins: string[];
  /** Addresses and CIDR ranges, version 4 and 6. Empty: any. */
  allowedIps: string[];
  /** Epoch milliseconds; null is never. */
  expiresAt: number | null;
  /** What it may send; what is left out is as the tenant's settings say. */
  limits: AppLimits;
  state: 'active' | 'deleted';
  /** One or, while a rotation lasts, two; the newest last. */
  secrets: AppSecret[];
  /** Grows by one with every change. */
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

export interface AppSecret {
  id: string;
  /** Under the tenant's data key: a signature cannot be checked by a hash of the secret. */
  sealed: string;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Epoch milliseconds; null is until it is replaced. */
  expiresAt: number | null;
}

const ORIGIN =
  /^https?:\/\/(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?$|^https?:\/\/\[[0-9A-Fa-f:.]+\](:\d{1,5})?$|^[a-z][a-z0-9+.-]+:\/\/[\w.-]*$/;

/** `https://shop.example`, `https://*.shop.example`, or the scheme of an app such as `capacitor://localhost`. */
export const originSchema = z
  .string()
  .max(255)
  .regex(ORIGIN, 'An origin without a path, such as https://shop.example or https://*.shop.example.')
  .transform((origin) => origin.toLowerCase());

/** An address or a CIDR range of either version. */
export const ipRangeSchema = z
  .string()
  .max(64)
  .refine(
    (text) => (text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text)),
    'An address or range, such as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
  );
