import { type EventStore, fillFromHistory, type ProfileDocument, type ProfileStore } from '@cdp/core/profile';
import { type CompiledRule, compileRule, type Rule, type RuleContext } from '@cdp/core/segment';

/** Profiles whose documents and histories are looked at together. */
const AT_ONCE = 500;

/** Answers in process what the engine cannot, from the documents and histories themselves. */
export class ProfileVerifier {
  readonly #profiles: Pick<ProfileStore, 'getMany'>;
  readonly #events: Pick<EventStore, 'history'>;

  constructor(profiles: Pick<ProfileStore, 'getMany'>, events: Pick<EventStore, 'history'>) {
    this.#profiles = profiles;
    this.#events = events;
  }

  /** Those of the active profiles that fit, in their order. */
  async fitting(tenantId: string, profileIds: readonly string[], rule: Rule, context: RuleContext): Promise<string[]> {
    const compiled = compileRule(rule, context);
    const fitting: string[] = [];
    for await (const documents of this.#documents(tenantId, profileIds)) {
      const views = await this.#withFigures(tenantId, documents, compiled, context.now);
      for (const view of views) if (compiled.evaluate(view, context.now)) fitting.push(view.id);
    }
    return fitting;
  }

  /** The active profiles among them, some at a time. */
  async *#documents(tenantId: string, profileIds: readonly string[]): AsyncGenerator<ProfileDocument[]> {
    for (let from = 0; from < profileIds.length; from += AT_ONCE) {
      const found = await this.#profiles.getMany(tenantId, profileIds.slice(from, from + AT_ONCE));
      yield found.filter((document) => document?.state === 'active') as ProfileDocument[];
    }
  }

  async select(
    tenantId: string,
    profileIds: readonly string[],
    test: (document: ProfileDocument) => boolean,
  ): Promise<string[]> {
    const selected: string[] = [];
    for await (const documents of this.#documents(tenantId, profileIds))
      selected.push(...documents.filter(test).map(({ id }) => id));
    return selected;
  }

  /** The documents with what the rule counts of events, from their whole histories: what they keep may be of other rules. */
  async #withFigures(
    tenantId: string,
    documents: readonly ProfileDocument[],
    { touches }: CompiledRule,
    now: number,
  ): Promise<ProfileDocument[]> {
    if (touches.aggregates.size === 0) return [...documents];
    const eventNames = [...touches.events];
    const histories = await this.#events.history(
      tenantId,
      documents.map(({ id }) => ({ profileId: id, eventNames, since: Number.MIN_SAFE_INTEGER })),
    );
    return documents.map((document) => ({
      ...document,
      aggregates: Object.fromEntries(
        [...touches.aggregates].map(([key, definition]) => [
          key,
          fillFromHistory(definition, histories.get(document.id) ?? [], now, Number.POSITIVE_INFINITY),
        ]),
      ),
    }));
  }
}
