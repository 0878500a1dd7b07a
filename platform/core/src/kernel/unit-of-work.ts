/**
 * Makes several writes of the relational stores one. Every store call made inside `work`, and every `run` inside, joins it; when
 * `run` resolves all of them are durable, and when it rejects none of them happened. `work` may be run again after a deadlock, so it
 * builds its results inside and does nothing that cannot be repeated.
 */
export abstract class UnitOfWork {
  abstract run<T>(work: () => Promise<T>): Promise<T>;
}
