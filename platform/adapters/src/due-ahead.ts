import type { Rule, RuleContext } from '@cdp/core/segment';

export interface DueRow {
  profile: string;
  due: number;
}

interface Question {
  tenantId: string;
  rule: Rule;
  context: RuleContext;
}

/** Rows read at once: each reading looks at all profiles, a page of it is a small part. */
const ROWS = 50_000;

/** Pages of the instants of one rule, read ahead of the pages asked for. One question at a time is remembered. */
export class DueAhead {
  #question: Question | undefined;
  #rows: DueRow[] = [];
  #complete = false;

  /** One row more than `limit` after a profile, where there is one; `read` gives rows by profile. */
  async rows(
    question: Question,
    after: string | undefined,
    limit: number,
    read: (limit: number) => Promise<DueRow[]>,
  ): Promise<DueRow[]> {
    const from = this.#isFor(question) && after !== undefined ? this.#after(after) : undefined;
    if (from !== undefined) {
      const rows = this.#rows.slice(from, from + limit + 1);
      if (rows.length > limit || this.#complete) {
        if (rows.length <= limit) this.#forget();
        return rows;
      }
    }
    const rows = await read(Math.max(ROWS, limit) + 1);
    this.#question = question;
    this.#rows = rows;
    this.#complete = rows.length <= Math.max(ROWS, limit);
    if (rows.length <= limit) this.#forget();
    return rows.slice(0, limit + 1);
  }

  #isFor({ tenantId, rule, context }: Question): boolean {
    const known = this.#question;
    return (
      known !== undefined &&
      known.tenantId === tenantId &&
      known.rule === rule &&
      known.context.now === context.now &&
      known.context.timeZone === context.timeZone &&
      known.context.segments === context.segments &&
      known.context.aggregates === context.aggregates
    );
  }

  /** Where the rows after a profile begin, if that profile is among the rows. */
  #after(profile: string): number | undefined {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as DueRow).profile < profile) low = middle + 1;
      else high = middle;
    }
    return this.#rows[low]?.profile === profile ? low + 1 : undefined;
  }

  #forget(): void {
    this.#question = undefined;
    this.#rows = [];
  }
}
