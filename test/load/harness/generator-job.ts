/** What a generator of load is to do. It runs in a process of its own, so that it takes no time from what it measures. */
export interface GeneratorJob {
  url: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  /** Request targets, taken in turn. */
  paths: string[];
  /**
   * Bodies, taken in turn; each `{n}` in one becomes a number of ten digits that no other body of the job has, each `{p}` a
   * number at random below `people`.
   */
  bodies: string[];
  people?: number;
  connections: number;
  /** The first of those numbers. */
  from: number;
  /** Ends after this many requests, or after the time, whichever is first. */
  requests?: number;
  durationMs?: number;
  /** Requests a second whatever the answers do (open loop); without it each connection sends when it is answered. */
  rate?: number;
  /** Status of a good answer. Default 200. */
  status?: number;
}

export interface GeneratorResult {
  requests: number;
  /** Answers with the status that is good. */
  good: number;
  /** The first answer that was not. */
  bad?: string;
  elapsedMs: number;
  /** Milliseconds from when a request was due until its answer. */
  p50: number;
  p95: number;
  p99: number;
  max: number;
}
