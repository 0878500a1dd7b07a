import { mkdir, writeFile } from 'node:fs/promises';
import { configurationReference } from '../config/index.js';

// Writes the generated pages of docs/reference; specs hold the files to what is generated.
const folder = new URL('../../../../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('configuration.md', folder), configurationReference());
