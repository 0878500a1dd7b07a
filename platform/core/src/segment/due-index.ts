export interface Due {
  tenantId: string;
  profileId: string;
  /** Epoch milliseconds. */
  at: number;
}

/**
 * The instants at which time alone may change a profile's memberships, in the order of time.
 *
 * - A profile may have several instants; extra ones cost a look, a missing one costs a wrong answer.
 * - `due` answers those at or before `now`, earliest first, and leaves them; `done` removes them once the ticks are in
 *   the log. A crash between the two ticks twice, which changes nothing.
 */
export abstract class DueIndex {
  abstract schedule(entries: readonly Due[]): Promise<void>;
  abstract due(now: number, limit: number): Promise<Due[]>;
  abstract done(entries: readonly Due[]): Promise<void>;

  /** The earliest instant there is. */
  abstract next(): Promise<number | undefined>;
  abstract deleteTenant(tenantId: string): Promise<void>;
  abstract close(): Promise<void>;
}
