/** Of every process that writes profiles, up to which change of definitions it follows them. */
export abstract class WriterRoll {
  /** At `now` (epoch milliseconds) the process follows every change up to `position`, and nothing older is under way in it. */
  abstract report(processId: string, position: number, now: number): Promise<void>;

  /** How many processes that reported since the instant do not follow the change of that number yet. */
  abstract behind(position: number, reportedSince: number): Promise<number>;

  abstract leave(processId: string): Promise<void>;
}
