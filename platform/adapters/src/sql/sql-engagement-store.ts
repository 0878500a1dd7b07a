import { type Engagement, type EngagementCount, EngagementStore, type LinkCount } from '@cdp/core/tracking';
import type { SqlDatabase } from './database.js';

export class SqlEngagementStore extends EngagementStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async add(tenantId: string, engagements: readonly Engagement[], burstMs: number): Promise<void> {
    await this.#db.transaction(async () => {
      await this.#db.insertRows(
        'campaign_events',
        ['tenant_id', 'event_id', 'campaign_id', 'message_id', 'profile_id', 'type', 'at', 'machine', 'reason', 'url'],
        engagements.map((one) => [
          tenantId,
          one.eventId,
          one.campaignId,
          one.messageId,
          one.profileId,
          one.type,
          one.at,
          one.machine,
          one.reason?.slice(0, 300),
          one.url,
        ]),
        { ignoreDuplicates: true },
      );
      // By its third link a burst is known for one; the first two were taken for a person's.
      for (const one of engagements)
        if (one.type === 'clicked' && one.reason === 'burst')
          await this.#db.run(
            `UPDATE campaign_events SET machine = 1, reason = 'burst'
             WHERE tenant_id = ? AND message_id = ? AND type = 'clicked' AND machine = 0 AND at >= ? AND at <= ?`,
            [tenantId, one.messageId, one.at - burstMs, one.at],
          );
    });
  }

  override async counts(tenantId: string, campaignId: string): Promise<EngagementCount[]> {
    const rows = await this.#db.selectLate<{
      type: EngagementCount['type'];
      machine: number;
      people: number;
      events: number;
    }>(
      `SELECT type, machine, COUNT(DISTINCT profile_id) AS people, COUNT(*) AS events FROM campaign_events
       WHERE tenant_id = ? AND campaign_id = ? GROUP BY type, machine`,
      [tenantId, campaignId],
    );
    return rows.map((row) => ({ ...row, machine: row.machine === 1 }));
  }

  override async links(tenantId: string, campaignId: string, limit: number): Promise<LinkCount[]> {
    return this.#db.selectLate<{ url: string; people: number; events: number }>(
      `SELECT url, COUNT(DISTINCT profile_id) AS people, COUNT(*) AS events FROM campaign_events
       WHERE tenant_id = ? AND campaign_id = ? AND type = 'clicked' AND machine = 0 AND url IS NOT NULL
       GROUP BY url ORDER BY people DESC, url LIMIT ?`,
      [tenantId, campaignId, limit],
    );
  }

  override async move(tenantId: string, from: string, into: string): Promise<void> {
    await this.#db.run('UPDATE campaign_events SET profile_id = ? WHERE tenant_id = ? AND profile_id = ?', [
      into,
      tenantId,
      from,
    ]);
  }

  /** The rows stay for the counts, under a name that is nobody's. */
  override async erase(tenantId: string, profileId: string): Promise<number> {
    const { changes } = await this.#db.run(
      'UPDATE campaign_events SET profile_id = message_id, url = NULL WHERE tenant_id = ? AND profile_id = ?',
      [tenantId, profileId],
    );
    return changes;
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    await this.#db.deleteMany('campaign_events', 'tenant_id = ?', [tenantId]);
  }
}
