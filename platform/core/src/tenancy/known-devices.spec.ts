import { describe, expect, it } from '@jest/globals';
import { KnownDevices } from './known-devices.js';
import { MasterKeys } from './master-keys.js';

describe('KnownDevices', () => {
  const [now, before] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const devices = new KnownDevices(new MasterKeys(now, [before]));

  it('knows its own marks for their account alone, also those from before a change of master key', () => {
    const mark = devices.mark('a');
    expect(devices.isMark('a', mark)).toBe(true);
    expect(devices.isMark('b', mark)).toBe(false);
    expect(devices.isMark('a', new KnownDevices(new MasterKeys(before)).mark('a'))).toBe(true);
    expect(new KnownDevices(new MasterKeys(before)).isMark('a', mark)).toBe(false);
    for (const nonsense of [undefined, '', '.', 'a.b', `${mark}x`]) expect(devices.isMark('a', nonsense)).toBe(false);
  });
});
