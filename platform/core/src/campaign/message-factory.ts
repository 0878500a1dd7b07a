import type { Plugin } from '@cdp/plugin-kit';
import type { ConsentService, SuppressionService } from '../consent/index.js';
import type { Clock, JsonObject } from '../kernel/index.js';
import { type ProfileDocument, type ProfileStore, type ProfileView, viewOf } from '../profile/index.js';
import type { AggregateValues } from '../segment/index.js';
import { addressesOf } from './addresses-of.js';
import type { CampaignRun } from './campaign.js';
import type { CompiledTemplate } from './compiled-template.js';
import type { ContentSkeleton, MessageBody } from './content-skeleton.js';
import { TemplateError } from './liquid-template.js';
import type { NewMessage, SkipReason } from './message.js';
import { MessageIds } from './message-id.js';
import type { MessageLinks, MessageRef } from './message-links.js';
import type { MessageStore } from './message-store.js';
import type { LinkTracker } from './rewrite-links.js';
import type { FrequencyCap } from './sending-policy.js';

export interface MessageFactoryDeps {
  profiles: ProfileStore;
  aggregates: AggregateValues;
  consent: ConsentService;
  suppressions: SuppressionService;
  messages: MessageStore;
  links: MessageLinks;
  clock: Clock;
}

/** Everything about a run that is the same for each of its messages. */
export interface RunContext {
  tenantId: string;
  run: CampaignRun;
  campaign: { id: string; name: string };
  plugin: Plugin;
  template: CompiledTemplate;
  skeleton: ContentSkeleton;
  cap?: FrequencyCap | undefined;
}

interface Candidate {
  id: string;
  profileId: string;
  address: string;
  target: string;
  document: ProfileDocument | undefined;
  skipped: { reason: SkipReason; detail?: string } | undefined;
}

/** Messages are made in turns of this many, so that requests are answered in between. */
const TURN = 100;

/** Makes the messages of a page of the audience: who gets none and why, and what the others get. */
export class MessageFactory {
  readonly #deps: MessageFactoryDeps;

  constructor(deps: MessageFactoryDeps) {
    this.#deps = deps;
  }

  async make(context: RunContext, profileIds: readonly string[], position: number): Promise<NewMessage[]> {
    const candidates = await this.#candidates(context, profileIds, position);
    await this.#decide(context, candidates);
    const view = await this.#views(context, candidates);
    const messages: NewMessage[] = [];
    for (const [index, candidate] of candidates.entries()) {
      if (index > 0 && index % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      messages.push(this.#message(context, candidate, view));
    }
    return messages;
  }

  /** The aggregates of all who get a message are read together, and only for a template that can show them. */
  async #views(
    { tenantId, template }: RunContext,
    candidates: readonly Candidate[],
  ): Promise<(document: ProfileDocument) => ProfileView> {
    const documents = template.mayRead('profile', 'aggregates')
      ? candidates.flatMap(({ document, skipped }) => (document && !skipped ? [document] : []))
      : [];
    const { asOf, values } = await this.#deps.aggregates.of(tenantId, documents);
    const byId = new Map(documents.map(({ id }, index) => [id, values[index]]));
    return (document) => viewOf(document, byId.get(document.id) ?? {}, asOf);
  }

  async #candidates(context: RunContext, profileIds: readonly string[], position: number): Promise<Candidate[]> {
    const { tenantId, run, plugin } = context;
    const ids = new MessageIds(tenantId, run.campaignId, run.id);
    const documents = await this.#deps.profiles.getMany(tenantId, profileIds);
    return profileIds.flatMap((profileId, index): Candidate[] => {
      const document = documents[index];
      const idFor = (target: string) => ids.idFor(position + index, profileId, '', run.channel, target);
      const skip = (reason: SkipReason): Candidate[] => [
        { id: idFor(''), profileId, address: '', target: '', document, skipped: { reason } },
      ];
      if (document?.state !== 'active') return skip(document?.state === 'merged' ? 'merged' : 'erased');
      const recipients = addressesOf(document, plugin.manifest.address);
      if (recipients.length === 0) return skip('no_address');
      return recipients.map(({ address, target }) => ({
        id: idFor(target),
        profileId,
        address,
        target,
        document,
        skipped: undefined,
      }));
    });
  }

  /** Asks consent, suppression and cap for the whole page at once. */
  async #decide({ tenantId, run, cap }: RunContext, candidates: readonly Candidate[]): Promise<void> {
    const open = candidates.filter((one) => !one.skipped);
    const profileIds = open.map((one) => one.profileId);
    const [consents, suppressed, recent] = await Promise.all([
      this.#deps.consent.check(tenantId, run.channel, run.topic, profileIds),
      this.#deps.suppressions.check(
        tenantId,
        run.channel,
        open.map((one) => one.address),
      ),
      cap === undefined
        ? undefined
        : this.#deps.messages.recentOf(tenantId, profileIds, this.#deps.clock.now() - cap.windowMs),
    ]);
    for (const [index, one] of open.entries()) {
      const before = recent?.get(one.profileId) ?? 0;
      if (consents[index] !== 'allowed') one.skipped = { reason: 'no_consent', detail: consents[index] as string };
      else if (suppressed[index]) one.skipped = { reason: 'suppressed' };
      else if (cap !== undefined && before >= cap.messages) one.skipped = { reason: 'capped' };
      else recent?.set(one.profileId, before + 1);
    }
  }

  #message(context: RunContext, candidate: Candidate, view: (document: ProfileDocument) => ProfileView): NewMessage {
    const { id, profileId, address, target, document } = candidate;
    const base = { id, profileId, step: '', target };
    const skip = (skipped: NewMessage['skipped']): NewMessage => ({ ...base, address: '', skipped, content: '' });
    if (candidate.skipped || !document) return skip(candidate.skipped);
    try {
      return { ...base, address, content: context.skeleton.pack(this.#body(context, id, view(document))) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return skip({ reason: 'render_failed', detail: error.message.slice(0, 300) });
    }
  }

  #body(context: RunContext, messageId: string, profile: ProfileView): MessageBody {
    const { tenantId, run, campaign, plugin, template } = context;
    const ref: MessageRef = {
      tenantId,
      messageId,
      campaignId: run.campaignId,
      profileId: profile.id,
      channel: run.channel,
      topic: run.topic,
    };
    const links = { unsubscribe: this.#deps.links.unsubscribe(ref) };
    const rendered = template.render({ profile, campaign, event: {}, links }, this.#tracker(ref));
    const parsed = plugin.content.safeParse(rendered);
    if (parsed.success) return { content: parsed.data as JsonObject, links };
    const issue = parsed.error.issues[0];
    throw new TemplateError(`${issue?.path.join('.')}: ${issue?.message}`);
  }

  #tracker(ref: MessageRef): LinkTracker {
    const { links } = this.#deps;
    // One address for each place it leads to, however often the message names that.
    const made = new Map<string, string>();
    return {
      click: (url) => {
        let link = made.get(url);
        if (link === undefined) {
          link = links.click(ref, made.size, url);
          made.set(url, link);
        }
        return link;
      },
      open: () => links.open(ref),
      isOwn: (url) => links.isOwn(url),
    };
  }
}
