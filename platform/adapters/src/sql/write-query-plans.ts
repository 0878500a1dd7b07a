import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeHotCalls } from './testing/hot-calls.js';
import { dropDatabases, mysqlHome } from './testing/mysql-databases.js';
import { describePlans, plansOf } from './testing/query-plans.js';
import { fillTables, ROWS, TENANTS } from './testing/tenant-sized-data.js';

const HEAD = `# What EXPLAIN says of each hot statement, with ${ROWS} rows of each of ${TENANTS.length} tenants in a table: table, access, key, bytes of the
# key that select. Written by \`npm run query-plans\` on MariaDB, held by query-plans.engines.spec.ts.
`;

const db = await mysqlHome.open();
await fillTables(db);
const plans = await plansOf(db, makeHotCalls);
await db.close();
await dropDatabases();
writeFileSync(
  fileURLToPath(new URL('../../src/sql/query-plans.txt', import.meta.url)),
  `${HEAD}\n${describePlans(plans)}\n`,
);
