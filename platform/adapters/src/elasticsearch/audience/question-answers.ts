import type { RuleContext } from '@cdp/core/segment';
import { keywordOf } from '../document-id.js';
import type { AudienceIndex, Bucket } from './audience-index.js';
import { allBounds, type Bounds, exactly, NOTHING, type Query, unsureOf } from './query.js';
import { type QuestionReader, questionReader } from './question-figures.js';
import { type Answer, filterBounds, type Question } from './rule-plan.js';
import { type Head, loadAll, type SortedPages, withHeads } from './sorted-pages.js';

/** A profile whose events may make a difference, with the answers to all questions of a rule. */
export interface Answered {
  profileId: string;
  answers: readonly Answer[];
}

export interface From {
  /** Profiles after this id alone. */
  after?: string | undefined;
  /** Items of the first page, for who may not want all of them. */
  first?: number | undefined;
}

/** Items of one page. */
const PAGE = 10_000;
/** Buckets that are held of all questions together: they are read side by side. */
const BUCKETS = 60_000;
const LEAST_BUCKETS = 1_000;

/** The questions of a rule, put to the events of a tenant. */
export class QuestionAnswers {
  /** The answers for a profile without events. */
  readonly ofNobody: readonly boolean[];
  readonly #index: AudienceIndex;
  readonly #tenantId: string;
  readonly #asked: readonly { bounds: Bounds; reader: QuestionReader }[];

  constructor(index: AudienceIndex, tenantId: string, questions: readonly Question[], context: RuleContext) {
    this.#index = index;
    this.#tenantId = tenantId;
    this.#asked = questions.map((question) => ({
      bounds: eventBounds(tenantId, question, context),
      reader: questionReader(question, context),
    }));
    this.ofNobody = this.#asked.map(({ reader }) => reader.answer([]));
  }

  /** Those whose answers are not those of nobody, by id; of some profiles alone where they are given. */
  pages(from: From = {}, profileIds?: readonly string[]): SortedPages<Answered> {
    const among = profileIds && exactly({ terms: { profileId: [...profileIds] } });
    const lists = this.#asked.map(({ bounds, reader }) =>
      this.#answers(among ? allBounds([among, bounds]) : bounds, reader, from),
    );
    return withHeads(lists, (heads) => this.#merge(heads));
  }

  async *#merge(heads: readonly Head<{ profileId: string; answer: Answer }>[]): AsyncGenerator<Answered[]> {
    let page: Answered[] = [];
    for (;;) {
      await loadAll(heads);
      let profileId: string | undefined;
      for (const { item } of heads)
        if (item !== undefined && (profileId === undefined || item.profileId < profileId)) profileId = item.profileId;
      if (profileId === undefined) break;
      let differs = false;
      const answers: Answer[] = [...this.ofNobody];
      for (const [index, head] of heads.entries()) {
        if (head.item?.profileId !== profileId) continue;
        answers[index] = head.item.answer;
        differs ||= head.item.answer !== this.ofNobody[index];
        head.next();
      }
      if (differs && page.push({ profileId, answers }) >= PAGE) {
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  async *#answers(
    bounds: Bounds,
    reader: QuestionReader,
    from: From,
  ): AsyncGenerator<{ profileId: string; answer: Answer }[]> {
    const unsure = unsureOf(bounds);
    const isUnsure = unsure !== NOTHING && (await this.#index.count('events', this.#tenantId, unsure)) > 0;
    const sure = this.#ofEvents(bounds.sure, reader, from);
    if (!isUnsure) yield* sure;
    else yield* this.#unlessUnsure(sure, this.#ofEvents(unsure, { answer: () => true }, from));
  }

  /** Of whoever has events of which the engine does not know whether they count, nothing is known. */
  #unlessUnsure(
    sure: SortedPages<{ profileId: string; answer: Answer }>,
    unsure: SortedPages<{ profileId: string; answer: Answer }>,
  ): AsyncGenerator<{ profileId: string; answer: Answer }[]> {
    return withHeads([sure, unsure], async function* ([known, open]) {
      if (known === undefined || open === undefined) return;
      for (;;) {
        await loadAll([known, open]);
        const [one, other] = [known.item, open.item];
        if (one === undefined && other === undefined) return;
        if (other === undefined || (one !== undefined && one.profileId < other.profileId)) {
          yield one === undefined ? [] : [one];
          known.next();
        } else {
          yield [{ profileId: other.profileId, answer: undefined }];
          if (one?.profileId === other.profileId) known.next();
          open.next();
        }
      }
    });
  }

  async *#ofEvents(
    query: Query,
    reader: QuestionReader,
    { after, first }: From,
  ): AsyncGenerator<{ profileId: string; answer: Answer }[]> {
    const { valueField, aggregations, answer } = reader;
    const paging = {
      after,
      first,
      most: Math.max(LEAST_BUCKETS, Math.ceil(BUCKETS / this.#asked.length)),
      ...(valueField === undefined ? {} : { valueField }),
      ...(aggregations === undefined ? {} : { aggregations }),
    };
    let open: Bucket[] = [];
    for await (const buckets of this.#index.buckets('events', this.#tenantId, query, paging)) {
      const page: { profileId: string; answer: Answer }[] = [];
      const close = (): void => {
        const profileId = open[0]?.key.profile;
        if (profileId !== undefined) page.push({ profileId, answer: answer(open) });
      };
      for (const bucket of buckets) {
        if (open[0]?.key.profile === bucket.key.profile) open.push(bucket);
        else {
          close();
          open = [bucket];
        }
      }
      // The last profile's buckets may go on in the next page.
      yield page;
    }
    if (open[0] !== undefined) yield [{ profileId: open[0].key.profile, answer: answer(open) }];
  }
}

/** The events that a question is about, in its window. */
export function eventBounds(tenantId: string, question: Question, context: RuleContext): Bounds {
  const { event, type, where, span } = question;
  const sure: Query[] = [{ term: { name: keywordOf(event) } }];
  if (type !== undefined) sure.push({ term: { type } });
  const [from, to] =
    span.kind === 'sliding'
      ? [context.now - span.startAgo, context.now - span.endAgo]
      : span.kind === 'fixed'
        ? [span.start, span.end]
        : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const window = {
    ...(Number.isFinite(from) && { gte: Math.ceil(from) }),
    ...(Number.isFinite(to) && { lt: Math.ceil(to) }),
  };
  if (Object.keys(window).length > 0) sure.push({ range: { timestamp: window } });
  return allBounds([...sure.map(exactly), ...(where === undefined ? [] : [filterBounds(tenantId, where, context)])]);
}
