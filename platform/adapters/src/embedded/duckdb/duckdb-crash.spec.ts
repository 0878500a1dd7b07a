import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openDuckdb } from './open-duckdb.js';
import { PROFILES, profileIdOf } from './testing/crash-data.js';

const WRITER = fileURLToPath(new URL('./testing/crashing-writer.js', import.meta.url));
const CONTEXT = { now: 0, timeZone: 'UTC', segments: new Map(), aggregates: new Map() };

/** Lets a writer go on until it has told so many positions, kills it, and answers the last one it told. */
function writeAndKill(path: string, positions: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      told = told.concat(text.split('\n').filter((line) => line !== ''));
      if (told.length >= positions) child.kill('SIGKILL');
    });
    child.once('exit', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(Number(told.at(-1)));
      else reject(new Error('The writer ended by itself.'));
    });
  });
}

describe('a DuckDB file whose process is killed', () => {
  it('has all that was acknowledged, once, and positions that tell the truth', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cdp-crash-'));
    const path = join(folder, 'crash.duckdb');
    for (const positions of [1, 9, 23, 2, 14, 31]) {
      const told = await writeAndKill(path, positions);
      const { events, audience, close } = await openDuckdb({ path, habitsAt: 60, maxDocuments: 40 });

      const applied = (await events.appliedPosition(0)) ?? 0;
      expect(applied).toBeGreaterThanOrEqual(told);
      const counts = await events.countByName('acme', 100);
      expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(applied);
      for (const offset of [0, told - 1, applied - 1])
        expect((await events.find('acme', `m-${offset}`))?.properties.offset).toBe(offset);
      expect(await events.find('acme', `m-${applied}`)).toBeUndefined();

      // Documents may be behind the events, but not behind the position they came with.
      const projected = (await audience.projectedPosition(0)) ?? 0;
      expect(projected).toBeLessThanOrEqual(applied);
      for (let offset = Math.max(0, projected - PROFILES); offset < projected; offset++) {
        const rule = { trait: 'offset', op: 'gte', value: offset } as const;
        expect((await audience.search('acme', rule, CONTEXT, { limit: 100 })).items).toContain(profileIdOf(offset));
      }
      const marked = { event: 'Event 1', count: { op: 'gte', value: 1 } } as const;
      const plain = { event: 'Event 1', where: { property: 'offset', op: 'exists' } } as const;
      expect(await audience.count('acme', marked, CONTEXT, 100)).toEqual(
        await audience.count('acme', plain, CONTEXT, 100),
      );
      expect(await audience.size('acme', 's-1')).toBeGreaterThanOrEqual(Math.min(told, PROFILES * 3) / 3 - 3);
      await close();
    }
    rmSync(folder, { recursive: true });
  }, 60_000);
});
