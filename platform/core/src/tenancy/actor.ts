/** Who does something, for the audit log. */
export interface Actor {
  kind: 'user' | 'platform';
  /** Of the account; the name of the part of the platform that acts by itself. */
  id: string;
  email?: string;
  /** IP address that the request came from. */
  address?: string;
  correlationId?: string;
}

/** The platform acting by itself: first start, schedules, the command line on its own host. */
export const PLATFORM: Actor = { kind: 'platform', id: 'platform' };
