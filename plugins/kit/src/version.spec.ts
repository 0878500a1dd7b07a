import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { KIT_VERSION, satisfiesKit } from './version.js';

describe('the version of the kit', () => {
  it('is the version of its package', async () => {
    const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
    expect((JSON.parse(text) as { version: string }).version).toBe(KIT_VERSION);
  });

  it.each([
    ['^1', '1.0.0', true],
    ['^1', '1.9.3', true],
    ['^1.2', '1.1.9', false],
    ['^1.2', '1.2.0', true],
    ['^1.2.3', '1.2.2', false],
    ['^1.2.3', '1.3.0', true],
    ['^2', '1.9.9', false],
    ['^1', '2.0.0', false],
    ['*', '1.0.0', false],
    ['1.0.0', '1.0.0', false],
  ])('%s fits %s: %s', (range, version, fits) => {
    expect(satisfiesKit(range, version)).toBe(fits);
  });
});
