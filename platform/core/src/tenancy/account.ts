import type { Role } from './role.js';

/** A person who can log in. One account may be in several tenants. */
export interface Account {
  id: string;
  /** Lower case; unique. */
  email: string;
  name: string | null;
  /** Argon2id, in PHC form. Null: has no password (logs in elsewhere). */
  passwordHash: string | null;
  /** `temporary`: made by someone else, to be changed. */
  passwordState: 'chosen' | 'temporary';
  /** Epoch milliseconds. */
  passwordSetAt: number;
  platformAdmin: boolean;
  /** Grows by one with every change. */
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
}

/** A role of an account in a tenant. */
export interface Membership {
  tenantId: string;
  accountId: string;
  role: Role;
  /** Granted: sees personal data although the role alone would not. */
  personalData: boolean;
  /** Grows by one with every change. */
  version: number;
  /** Epoch milliseconds. */
  createdAt: number;
}

/** A member as the tenant sees it. */
export interface Member extends Membership {
  email: string;
  name: string | null;
  passwordState: Account['passwordState'];
}

export const normalizeEmail = (email: string): string => email.trim().normalize('NFC').toLowerCase();
