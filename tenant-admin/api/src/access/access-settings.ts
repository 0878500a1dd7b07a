import type { Caller, User } from './caller.js';

/** What the access layer has to be told, by whoever makes its `Access`. */
export abstract class AccessSettings {
  /** Address of the platform as browsers see it. Cookies are `Secure` when it is https. */
  abstract readonly publicUrl: string;
  /** Told of every request that was let in, so that its log lines can name user and tenant. */
  abstract letIn(who: User | Caller): void;
}
