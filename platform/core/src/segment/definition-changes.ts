/**
 * What became of the definitions of segments and aggregates, for every process that holds profiles to them.
 *
 * - Changes of segments and aggregates are numbered by their stores, in the transaction of the change, so that numbers become
 *   visible in their order.
 * - `take` orders what becomes live for one tenant over all processes.
 */
export abstract class DefinitionChanges {
  /** The number of the last change. */
  abstract last(): Promise<number>;

  /**
   * The tenants of which something changed after the change of that number, and up to which number that is all: a change that was
   * committed before the call is in its answer or in an earlier one. Cheap where nothing changed.
   */
  abstract after(position: number): Promise<{ position: number; tenants: string[] }>;

  /**
   * Runs `work` in one transaction with an instant (epoch milliseconds) that is `now`, or later than every one that was given for
   * the tenant before. What is given a later instant becomes visible later. `work` may be run again after a deadlock.
   */
  abstract take<T>(tenantId: string, now: number, work: (since: number) => Promise<T>): Promise<T>;
}
