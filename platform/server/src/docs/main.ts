import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configurationReference, loadConfig } from '../config/index.js';
import { createDocument } from '../openapi/index.js';
import { PinoLogger } from '../operations/index.js';
import { startServer } from '../server.js';

// Writes the generated pages of docs/reference; specs hold the files to what is generated.
const folder = new URL('../../../../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('configuration.md', folder), configurationReference());

const dir = await mkdtemp(join(tmpdir(), 'cdp-docs-'));
const config = loadConfig({ PORT: '0', CDP_DATA_DIR: dir, CDP_LOG_LEVEL: 'error' });
const server = await startServer({ config, logger: new PinoLogger(config.operations) });
await writeFile(new URL('openapi.json', folder), `${JSON.stringify(createDocument(server.app), null, 2)}\n`);
await server.close();
await rm(dir, { recursive: true });
