import type { Outcome } from '@cdp/plugin-kit';
import type { CampaignService, TemplateService } from '../campaign/index.js';
import { type Ids, invalid } from '../kernel/index.js';
import type { OpenChannels } from './open-channels.js';

export interface TestSend {
  /** Whose profile it is rendered for; left out, nobody's. */
  profileId?: string | undefined;
  /** Where it goes: to whoever tests, never to the person by itself. */
  to: string;
}

/** Sends one message of a campaign to whoever made it. Nothing of it is counted, tracked or kept, and its links are the real ones. */
export class TestSender {
  readonly #deps: { campaigns: CampaignService; templates: TemplateService; open: OpenChannels; ids: Ids };

  constructor(deps: { campaigns: CampaignService; templates: TemplateService; open: OpenChannels; ids: Ids }) {
    this.#deps = deps;
  }

  /** The outcome as the provider gave it. */
  async send(tenantId: string, campaignId: string, { profileId, to }: TestSend): Promise<Outcome> {
    const campaign = await this.#deps.campaigns.get(tenantId, campaignId);
    const { content } = await this.#deps.templates.preview(tenantId, campaign.templateId, { profileId });
    return this.#deps.open.use(tenantId, campaign.channelId, async ({ channel, plugin, host }) => {
      const parsed = plugin.content.safeParse(content);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw invalid(['content', ...(issue?.path ?? [])].join('.'), issue?.message ?? 'It does not fit the channel.');
      }
      const id = `test-${this.#deps.ids.next()}`;
      const message = { id, tenantId, profileId: profileId ?? '', to, content: parsed.data, links: {} };
      const [outcome] = await channel.send([message], host());
      return outcome ?? { kind: 'unknown', reason: 'The plugin gave no outcome.' };
    });
  }
}
