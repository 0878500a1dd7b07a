import type { Job } from '@cdp/core/work';

interface Entry {
  at: number;
  order: number;
  job: Job;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Waiting jobs by time, each id once: a binary heap whose outdated entries are skipped when they surface. */
export class TimedJobs {
  readonly #heap: Entry[] = [];
  readonly #byId = new Map<string, Entry>();
  #order = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** Keeps the earlier time where the id is known already. */
  put(job: Job): void {
    const at = job.runAt as number;
    const known = this.#byId.get(job.id);
    if (known && known.at <= at) return;
    const entry = { at, order: known?.order ?? this.#order++, job };
    this.#byId.set(job.id, entry);
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  first(): Job | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (!top || this.#byId.get(top.job.id) === top) return top?.job;
      this.#dropTop();
    }
  }

  remove(id: string): void {
    this.#byId.delete(id);
    if (this.#byId.size === 0) this.#heap.length = 0;
  }

  #dropTop(): void {
    const last = this.#heap.pop() as Entry;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(this.#heap[at] as Entry, this.#heap[parent] as Entry)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.#heap.length && before(this.#heap[child] as Entry, this.#heap[least] as Entry)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a] as Entry;
    this.#heap[a] = this.#heap[b] as Entry;
    this.#heap[b] = kept;
  }
}
