import {
  type Campaign,
  type CampaignRefOf,
  type CampaignRun,
  type CampaignState,
  CampaignStore,
  type FannedOut,
} from '@cdp/core/campaign';
import { decodeCursor, type Page, type PageRequest, toPage } from '@cdp/core/kernel';
import type { SqlDatabase } from './database.js';
import { DuplicateKeyError } from './duplicate-key-error.js';
import { insertMessages } from './sql-message-rows.js';

const CAMPAIGN_COLUMNS = [
  'tenant_id',
  'id',
  'state',
  'fire_at',
  'channel_id',
  'template_id',
  'definition',
  'version',
  'converts',
] as const;

interface RunRow {
  id: string;
  state: CampaignRun['state'];
  definition: string;
  audience: number;
  page_cursor: string | null;
  audience_position: number;
  finished_at: number | null;
}

const RUN_COLUMNS = 'id, state, definition, audience, page_cursor, audience_position, finished_at';

const runOf = (row: RunRow): CampaignRun => ({
  ...(JSON.parse(row.definition) as CampaignRun),
  state: row.state,
  audience: row.audience,
  cursor: row.page_cursor,
  position: row.audience_position,
  ...(row.finished_at !== null && { finishedAt: row.finished_at }),
});

const campaignOf = (row: { definition: string }): Campaign => JSON.parse(row.definition) as Campaign;

/** A unit of work that comes to nothing and takes back what it did. */
class Refused extends Error {}

/** Of those that use something, so many are named. */
const USERS_NAMED = 10;

export class SqlCampaignStore extends CampaignStore {
  readonly #db: SqlDatabase;

  constructor(db: SqlDatabase) {
    super();
    this.#db = db;
  }

  override async insert(tenantId: string, campaign: Campaign): Promise<void> {
    await this.#db.insertRows('campaigns', CAMPAIGN_COLUMNS, [
      [
        tenantId,
        campaign.id,
        campaign.state,
        campaign.fireAt,
        campaign.channelId,
        campaign.templateId,
        JSON.stringify(campaign),
        campaign.version,
        campaign.conversion !== undefined,
      ],
    ]);
  }

  override async get(tenantId: string, id: string): Promise<Campaign | undefined> {
    const row = await this.#db.selectOne<{ definition: string }>(
      'SELECT definition FROM campaigns WHERE tenant_id = ? AND id = ?',
      [tenantId, id],
    );
    return row && campaignOf(row);
  }

  override async replace(tenantId: string, campaign: Campaign, expectedVersion: number): Promise<boolean> {
    const { changes } = await this.#db.run(
      `UPDATE campaigns SET state = ?, fire_at = ?, channel_id = ?, template_id = ?, definition = ?, version = ?,
         converts = ?
       WHERE tenant_id = ? AND id = ? AND version = ?`,
      [
        campaign.state,
        campaign.fireAt,
        campaign.channelId,
        campaign.templateId,
        JSON.stringify(campaign),
        campaign.version,
        campaign.conversion !== undefined,
        tenantId,
        campaign.id,
        expectedVersion,
      ],
    );
    return changes === 1;
  }

  override async list(
    tenantId: string,
    page: PageRequest & { state?: CampaignState | undefined },
  ): Promise<Page<Campaign>> {
    const before = page.cursor === undefined ? [] : decodeCursor(page.cursor, 1);
    const rows = await this.#db.select<{ definition: string }>(
      `SELECT definition FROM campaigns WHERE tenant_id = ? ${before.length > 0 ? 'AND id < ?' : ''}
       ${page.state === undefined ? '' : 'AND state = ?'} ORDER BY id DESC LIMIT ?`,
      [tenantId, ...before, ...(page.state === undefined ? [] : [page.state]), page.limit + 1],
    );
    return toPage(rows.map(campaignOf), page.limit, (one) => [one.id]);
  }

  override async delete(tenantId: string, id: string, expectedVersion: number): Promise<boolean> {
    const { changes } = await this.#db.run('DELETE FROM campaigns WHERE tenant_id = ? AND id = ? AND version = ?', [
      tenantId,
      id,
      expectedVersion,
    ]);
    return changes === 1;
  }

  override async using(
    tenantId: string,
    by: { templateId: string } | { channelId: string } | { segmentId: string },
  ): Promise<string[]> {
    if ('segmentId' in by) return this.#sendingTo(tenantId, by.segmentId);
    const [column, id] = 'templateId' in by ? ['template_id', by.templateId] : ['channel_id', by.channelId];
    const rows = await this.#db.select<{ definition: string }>(
      `SELECT definition FROM campaigns WHERE tenant_id = ? AND ${column} = ?
       AND state NOT IN ('completed', 'cancelled') ORDER BY id LIMIT ${USERS_NAMED}`,
      [tenantId, id],
    );
    return rows.map((row) => campaignOf(row).name);
  }

  /** The segment stands in the definition alone; campaigns that are not over are few. */
  async #sendingTo(tenantId: string, segmentId: string): Promise<string[]> {
    const rows = await this.#db.select<{ definition: string }>(
      `SELECT definition FROM campaigns WHERE tenant_id = ? AND state NOT IN ('completed', 'cancelled') ORDER BY id`,
      [tenantId],
    );
    return rows
      .map(campaignOf)
      .filter((campaign) => campaign.segmentId === segmentId)
      .map(({ name }) => name)
      .slice(0, USERS_NAMED);
  }

  override async withConversion(): Promise<{ tenantId: string; campaign: Campaign }[]> {
    const rows = await this.#db.select<{ tenant_id: string; definition: string }>(
      "SELECT tenant_id, definition FROM campaigns WHERE converts = 1 AND state <> 'draft'",
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, campaign: campaignOf(row) }));
  }

  override async endConversion(tenantId: string, id: string): Promise<void> {
    await this.#db.run(
      "UPDATE campaigns SET converts = 0 WHERE tenant_id = ? AND id = ? AND state IN ('completed', 'cancelled')",
      [tenantId, id],
    );
  }

  override async due(now: number, limit: number): Promise<CampaignRefOf[]> {
    return this.#db.select<{ tenantId: string; id: string }>(
      `SELECT tenant_id AS tenantId, id FROM campaigns WHERE state = 'scheduled' AND fire_at <= ?
       ORDER BY fire_at LIMIT ?`,
      [now, limit],
    );
  }

  override async nextDueAt(): Promise<number | undefined> {
    const row = await this.#db.selectOne<{ at: number | null }>(
      "SELECT MIN(fire_at) AS at FROM campaigns WHERE state = 'scheduled'",
    );
    return row?.at ?? undefined;
  }

  override async fire(
    tenantId: string,
    campaign: Campaign,
    expectedVersion: number,
    run: CampaignRun,
  ): Promise<boolean> {
    return this.#unit(async () => {
      if (!(await this.replace(tenantId, campaign, expectedVersion))) throw new Refused();
      await this.#db.insertRows(
        'campaign_runs',
        [
          'tenant_id',
          'id',
          'campaign_id',
          'fire_at',
          'state',
          'definition',
          'audience',
          'page_cursor',
          'audience_position',
          'started_at',
        ],
        [
          [
            tenantId,
            run.id,
            run.campaignId,
            run.fireAt,
            run.state,
            JSON.stringify(run),
            run.audience,
            run.cursor,
            run.position,
            run.startedAt,
          ],
        ],
      );
    });
  }

  override async openRuns(now: number, limit: number): Promise<CampaignRefOf[]> {
    return this.#db.select<{ tenantId: string; id: string }>(
      `SELECT tenant_id AS tenantId, id FROM campaign_runs WHERE state IN ('snapshot', 'fan_out', 'sending')
       AND (lease_until IS NULL OR lease_until < ?) ORDER BY started_at LIMIT ?`,
      [now, limit],
    );
  }

  override async run(tenantId: string, runId: string): Promise<CampaignRun | undefined> {
    const row = await this.#db.selectOne<RunRow>(
      `SELECT ${RUN_COLUMNS} FROM campaign_runs WHERE tenant_id = ? AND id = ?`,
      [tenantId, runId],
    );
    return row && runOf(row);
  }

  override async runsOf(tenantId: string, campaignId: string): Promise<CampaignRun[]> {
    const rows = await this.#db.select<RunRow>(
      `SELECT ${RUN_COLUMNS} FROM campaign_runs WHERE tenant_id = ? AND campaign_id = ? ORDER BY fire_at`,
      [tenantId, campaignId],
    );
    return rows.map(runOf);
  }

  override async lease(tenantId: string, runId: string, lease: string, now: number, until: number): Promise<boolean> {
    const { changes } = await this.#db.run(
      `UPDATE campaign_runs SET lease = ?, lease_until = ? WHERE tenant_id = ? AND id = ?
       AND (lease IS NULL OR lease = ? OR lease_until < ?)`,
      [lease, until, tenantId, runId, lease, now],
    );
    return changes === 1;
  }

  override async release(tenantId: string, runId: string, lease: string): Promise<void> {
    await this.#db.run(
      'UPDATE campaign_runs SET lease = NULL, lease_until = NULL WHERE tenant_id = ? AND id = ? AND lease = ?',
      [tenantId, runId, lease],
    );
  }

  override async setAudience(
    tenantId: string,
    runId: string,
    lease: string,
    audience: number,
    skeleton: string,
  ): Promise<boolean> {
    const { changes } = await this.#db.run(
      `UPDATE campaign_runs SET state = 'fan_out', audience = ?, skeleton = ?
       WHERE tenant_id = ? AND id = ? AND lease = ? AND state = 'snapshot'`,
      [audience, skeleton, tenantId, runId, lease],
    );
    return changes === 1;
  }

  override async skeleton(tenantId: string, runId: string): Promise<string | undefined> {
    const row = await this.#db.selectOne<{ skeleton: string | null }>(
      'SELECT skeleton FROM campaign_runs WHERE tenant_id = ? AND id = ?',
      [tenantId, runId],
    );
    return row?.skeleton ?? undefined;
  }

  override async advance(tenantId: string, run: CampaignRun, lease: string, page: FannedOut): Promise<boolean> {
    return this.#unit(async () => {
      // Whoever cancels the campaign waits for the page, and then finds its messages.
      if ((await this.#locked(tenantId, run.campaignId))?.state !== 'running') throw new Refused();
      const { changes } = await this.#db.run(
        `UPDATE campaign_runs SET page_cursor = ?, audience_position = ?, state = ?
         WHERE tenant_id = ? AND id = ? AND lease = ? AND state = 'fan_out' AND audience_position = ?`,
        [page.cursor, page.position, page.last ? 'sending' : 'fan_out', tenantId, run.id, lease, page.from],
      );
      if (changes !== 1) throw new Refused();
      await insertMessages(this.#db, tenantId, run, page);
    });
  }

  override async finishRun(tenantId: string, runId: string, lease: string, at: number): Promise<boolean> {
    return this.#unit(async () => {
      const run = await this.run(tenantId, runId);
      const campaign = run && (await this.#locked(tenantId, run.campaignId));
      const { changes } = await this.#db.run(
        `UPDATE campaign_runs SET state = 'done', finished_at = ?, lease = NULL, lease_until = NULL
         WHERE tenant_id = ? AND id = ? AND lease = ?`,
        [at, tenantId, runId, lease],
      );
      if (changes !== 1) throw new Refused();
      if (campaign?.state === 'running')
        await this.replace(
          tenantId,
          { ...campaign, state: 'completed', finishedAt: at, updatedAt: at, version: campaign.version + 1 },
          campaign.version,
        );
    });
  }

  override async expireLeases(): Promise<void> {
    await this.#db.run(
      "UPDATE campaign_runs SET lease = NULL, lease_until = NULL WHERE state IN ('snapshot', 'fan_out', 'sending')",
    );
  }

  override async deleteTenant(tenantId: string): Promise<void> {
    for (const table of ['campaign_runs', 'campaigns']) await this.#db.deleteMany(table, 'tenant_id = ?', [tenantId]);
  }

  async #locked(tenantId: string, id: string): Promise<Campaign | undefined> {
    const row = await this.#db.selectOne<{ definition: string }>(
      `SELECT definition FROM campaigns WHERE tenant_id = ? AND id = ?${this.#db.dialect.forUpdate}`,
      [tenantId, id],
    );
    return row && campaignOf(row);
  }

  async #unit(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.#db.transaction(work);
      return true;
    } catch (error) {
      if (error instanceof Refused || error instanceof DuplicateKeyError) return false;
      throw error;
    }
  }
}
