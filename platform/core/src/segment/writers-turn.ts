import type { WhilePaused } from '../log/index.js';
import type { Segment } from './segment.js';

/** How a build comes between those who write profiles. */
export abstract class WritersTurn {
  /**
   * Runs `work`, which builds the segment from the profiles as they are and makes it live. Of every profile holds afterwards: it
   * was in the build as it is now, or its writer has held it, or is about to hold it, to the segment as `work` left it. `work` is
   * given the segment as it stands by then.
   */
  abstract swap(segment: Segment, work: (standing: Segment) => Promise<void>): Promise<void>;

  /** Runs `work` once every profile that was being written by definitions from before the call is written. */
  abstract pass(work: () => Promise<void>): Promise<void>;
}

/** Where all writers are in this process: they stand still meanwhile. */
export class PausedWriters extends WritersTurn {
  readonly #quiet: WhilePaused;

  constructor(quiet: WhilePaused) {
    super();
    this.#quiet = quiet;
  }

  override swap(segment: Segment, work: (standing: Segment) => Promise<void>): Promise<void> {
    return this.#quiet.run(() => work(segment));
  }

  override pass(work: () => Promise<void>): Promise<void> {
    return this.#quiet.run(work);
  }
}
