/** Work that one process at a time is to do, whichever it is. */
export abstract class Leases {
  /**
   * Takes the lease of that name, or keeps it longer: until `now + ms` (epoch milliseconds) no other holder gets it. False while
   * another has it. Whoever works longer than `ms` without asking again may not be alone.
   */
  abstract take(name: string, holder: string, now: number, ms: number): Promise<boolean>;

  /** Lets go of it, where the holder has it. */
  abstract release(name: string, holder: string): Promise<void>;
}
