import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSchema } from './describe-schema.js';
import { openTestDatabase } from './testing/index.js';

const file = fileURLToPath(new URL('../../../../docs/reference/schema.sql', import.meta.url));
await using db = await openTestDatabase();
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, await describeSchema(db));
