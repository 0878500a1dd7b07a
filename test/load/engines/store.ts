import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { migrate, openMysql, SqlIdentityStore } from '@cdp/adapters/sql';
import { engineAddress } from '@cdp/adapters/testing';
import { alternate, type Line, type Row, rateLine } from '../harness/row.js';
import { rateOf } from './counting.js';

const require = createRequire(import.meta.url);
const mysql = require('mysql2/promise') as typeof import('mysql2/promise');

const ROWS = 1_000;
const SIDE = 4;

/** Claims of identifiers, a thousand a transaction with all that makes them safe, against multi-row inserts of mysql2 alone. */
export const store: Row = {
  name: 'store',
  run: async ({ rounds, roundMs }) => {
    const name = `cdp_bench_${randomBytes(5).toString('hex')}`;
    const url = new URL(engineAddress('CDP_MYSQL_URL'));
    const root = openMysql({ url: url.href, connections: 1 });
    await root.run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    url.pathname = `/${name}`;
    const db = openMysql({ url: url.href, connections: SIDE });
    const bare = mysql.createPool({ uri: url.href, connectionLimit: SIDE });
    try {
      await migrate(db);
      await bare.query(
        'CREATE TABLE bare (tenant_id VARCHAR(64) NOT NULL, type VARCHAR(64) NOT NULL, value VARCHAR(255) NOT NULL, profile_id VARCHAR(64) NOT NULL, PRIMARY KEY (tenant_id, type, value), KEY (tenant_id, profile_id))',
      );
      const identities = new SqlIdentityStore(db);
      let next = 0;
      const claim = async (): Promise<number> => {
        const links = Array.from({ length: ROWS }, () => {
          const number = next++;
          return { type: 'userId', value: `user-${number}`, profileId: `0190${String(number).padStart(28, '0')}` };
        });
        if (!(await identities.commit('bench', { links, merges: [] }))) throw new Error('A claim was refused.');
        return ROWS;
      };
      const insert = async (): Promise<number> => {
        const rows = Array.from({ length: ROWS }, () => {
          const number = next++;
          return ['bench', 'userId', `user-${number}`, `0190${String(number).padStart(28, '0')}`];
        });
        await bare.query('INSERT INTO bare (tenant_id, type, value, profile_id) VALUES ?', [rows]);
        return ROWS;
      };
      const results = await alternate(
        rounds,
        () => rateOf(claim, SIDE, roundMs),
        () => rateOf(insert, SIDE, roundMs),
      );
      const lines: Line[] = [];
      const what = `store identifiers, ${ROWS} a transaction, ${SIDE} callers`;
      lines.push(rateLine({ what, unit: 'rows/s', floor: 0.5, aim: 0.7 }, results));
      return lines;
    } finally {
      await bare.end();
      await db.close();
      await root.run(`DROP DATABASE ${name}`);
      await root.close();
    }
  },
};
