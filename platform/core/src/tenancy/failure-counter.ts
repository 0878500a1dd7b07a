/** Remembers login attempts that have failed or not yet succeeded. Keys are digests: no address can be read from the store. */
export abstract class FailureCounter {
  /** Times (epoch milliseconds, ascending) of each key's attempts at or after `since`, in the order of the keys. */
  abstract times(keys: readonly string[], since: number): Promise<number[][]>;

  /** Notes one attempt under each key. Inside a unit of work with `times` two at once cannot both find room for the last. */
  abstract add(keys: readonly string[], attemptId: string, at: number): Promise<void>;

  /** Takes an attempt back under all its keys: it succeeded. */
  abstract remove(attemptId: string): Promise<void>;

  abstract clear(key: string): Promise<void>;

  /** Forgets what is older than `before`. */
  abstract purge(before: number): Promise<void>;
}
