import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { configurationReference } from './configuration-reference.js';

describe('configuration reference', () => {
  it('is what docs/reference/configuration.md holds; write it with: npm run docs', async () => {
    const file = new URL('../../../../docs/reference/configuration.md', import.meta.url);
    expect(await readFile(file, 'utf8')).toBe(configurationReference());
  });

  it('never shows a secret and describes every setting', () => {
    const rows = configurationReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) expect(row.split(' | ').every((cell) => cell.trim() !== '')).toBe(true);
  });
});
