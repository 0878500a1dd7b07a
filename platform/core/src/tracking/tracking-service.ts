import type { CampaignStore } from '../campaign/index.js';
import type { ConsentService } from '../consent/index.js';
import type { Clock, Ids, JsonObject } from '../kernel/index.js';
import type { EventLog } from '../log/index.js';
import type { OpenedLink, SignedLinks } from './link-token.js';
import type { MachineDetector, MachineReason, Visit } from './machine-detector.js';
import { messageRecord } from './message-call.js';

export interface TrackingServiceDeps {
  links: SignedLinks;
  machines: MachineDetector;
  consent: ConsentService;
  campaigns: CampaignStore;
  log: EventLog;
  clock: Clock;
  ids: Ids;
}

/** What the page behind an unsubscribe link shows. */
export interface UnsubscribePage {
  channel: string;
  /** The empty string when the message was about nothing in particular: then it is the channel as a whole. */
  topic: string;
  campaign: string;
  /** True when the person said no already. */
  unsubscribed: boolean;
}

/** A 1x1 transparent GIF. */
export const OPEN_PIXEL: Buffer = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** The public doors of messages. A token that is not ours changes nothing and leads nowhere. */
export class TrackingService {
  readonly #deps: TrackingServiceDeps;

  constructor(deps: TrackingServiceDeps) {
    this.#deps = deps;
  }

  /** Where to redirect to, once the click is durable; undefined: 404. Reads no store. */
  async click(token: string, visit: Visit): Promise<string | undefined> {
    const link = this.#deps.links.read('click', token);
    if (!link) return undefined;
    // What checks whether the link is alive does not follow it.
    if (visit.method !== 'HEAD') await this.#append('click', link, visit, { url: link.url });
    return link.url;
  }

  /** Answer {@link OPEN_PIXEL} with `Cache-Control: no-store`, whatever comes of it. */
  async open(token: string, visit: Visit): Promise<void> {
    const link = this.#deps.links.read('open', token);
    if (link && visit.method !== 'HEAD') await this.#append('open', link, visit, {});
  }

  /** For GET, which link scanners do as well: shows and changes nothing. Undefined: 404. */
  async unsubscribePage(token: string): Promise<UnsubscribePage | undefined> {
    const link = this.#deps.links.read('unsubscribe', token);
    if (!link) return undefined;
    const { tenantId, profileId, channel, topic, campaignId } = link;
    const [campaign, [decision]] = await Promise.all([
      this.#deps.campaigns.get(tenantId, campaignId),
      this.#deps.consent.check(tenantId, channel, topic, [profileId]),
    ]);
    return { channel, topic, campaign: campaign?.name ?? '', unsubscribed: decision === 'denied' };
  }

  /**
   * For POST: by RFC 8058 without cookies or questions. `all` takes back the channel as a whole, not just the topic of the message.
   * False: 404. Again changes nothing.
   */
  async unsubscribe(token: string, options: { all?: boolean; ip?: string; userAgent?: string } = {}): Promise<boolean> {
    const link = this.#deps.links.read('unsubscribe', token);
    if (!link) return false;
    const now = this.#deps.clock.now();
    const topic = options.all ? '' : link.topic;
    await this.#deps.consent.set(link.tenantId, link.profileId, [
      { channel: link.channel, topic, status: 'denied', at: now, source: 'unsubscribe' },
    ]);
    await this.#deps.log.append([
      messageRecord({
        message: link,
        outcome: 'unsubscribed',
        id: `${link.messageId}-unsubscribed${topic === '' ? '-all' : ''}`,
        at: now,
        receivedAt: now,
        properties: topic === '' ? {} : { topic },
        ip: options.ip,
        userAgent: options.userAgent?.slice(0, 512),
      }),
    ]);
    return true;
  }

  async #append(kind: 'click' | 'open', link: OpenedLink, visit: Visit, more: JsonObject): Promise<void> {
    const now = this.#deps.clock.now();
    const reason: MachineReason | undefined = await this.#deps.machines.judge(
      kind,
      link.messageId,
      link.index,
      visit,
      now,
    );
    const agent = visit.headers['user-agent'];
    await this.#deps.log.append([
      messageRecord({
        message: link,
        outcome: kind === 'click' ? 'clicked' : 'opened',
        id: this.#deps.ids.next(),
        at: now,
        receivedAt: now,
        properties: {
          ...more,
          ...(kind === 'click' && { link: link.index }),
          machine: reason !== undefined,
          ...(reason !== undefined && { reason }),
        },
        ip: visit.ip,
        userAgent: typeof agent === 'string' ? agent.slice(0, 512) : undefined,
      }),
    ]);
  }
}
