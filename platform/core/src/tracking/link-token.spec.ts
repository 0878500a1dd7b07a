import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SignedLinks } from './link-token.js';

const key = (id: string, fill: number) => ({ id, secret: Buffer.alloc(32, fill) });
const links = new SignedLinks({ publicUrl: 'https://cdp.example/', keys: [key('a', 1)] });
const message = {
  tenantId: '01950000-0000-7000-8000-000000000001',
  messageId: 'abcdefghijkl-----0xyz',
  campaignId: '01950000-0000-7000-8000-000000000002',
  profileId: 'p-1',
  channel: 'email',
  topic: 'Neuigkeiten für alle',
};
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1);

describe('SignedLinks', () => {
  it('says what it was told, and nothing of a person but ids', () => {
    const url = links.click(message, 3, 'https://shop.example/ö?a=1&b=2#c');
    expect(url).toMatch(/^https:\/\/cdp\.example\/t\/c\/[\w.-]+$/);
    expect(links.read('click', tokenOf(url))).toEqual({
      ...message,
      index: 3,
      url: 'https://shop.example/ö?a=1&b=2#c',
    });
    expect(links.read('unsubscribe', tokenOf(links.unsubscribe(message)))).toEqual({ ...message, index: 0, url: '' });
    expect(links.isOwn(url)).toBe(true);
    expect(links.isOwn('https://cdp.example.evil/t/c/x')).toBe(false);
  });

  it('opens for its own purpose alone', () => {
    for (const kind of ['click', 'open'] as const)
      expect(links.read(kind, tokenOf(links.unsubscribe(message)))).toBeUndefined();
    expect(links.read('unsubscribe', tokenOf(links.open(message)))).toBeUndefined();
  });

  it('opens what a former key signed, signs by the current, and opens nothing of a key that is gone', () => {
    const rotated = new SignedLinks({ publicUrl: 'https://cdp.example', keys: [key('b', 2), key('a', 1)] });
    const old = tokenOf(links.open(message));
    expect(rotated.read('open', old)).toBeDefined();
    expect(tokenOf(rotated.open(message))).toMatch(/^b\./);
    const without = new SignedLinks({ publicUrl: 'https://cdp.example', keys: [key('b', 2)] });
    expect(without.read('open', old)).toBeUndefined();
    expect(
      new SignedLinks({ publicUrl: 'https://cdp.example', keys: [key('a', 9)] }).read('open', old),
    ).toBeUndefined();
  });

  it('refuses a token that differs in anything', () => {
    const token = tokenOf(links.click(message, 0, 'https://shop.example/'));
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABCDwxyz0189-_.'), (at, character) => {
        fc.pre(token[at] !== character);
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        const read = links.read('click', changed);
        // The last character of base64 has bits that mean nothing: those texts are the same bytes.
        if (read !== undefined) expect(read).toEqual({ ...message, index: 0, url: 'https://shop.example/' });
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string(), (text) => expect(links.read('click', text)).toBeUndefined()));
  });

  it('will not start with keys that protect nothing', () => {
    const open = (id: string, secret: Buffer) => new SignedLinks({ publicUrl: 'https://x', keys: [{ id, secret }] });
    expect(() => open('a', Buffer.alloc(31))).toThrow(/32 bytes/);
    expect(() => open('a.b', Buffer.alloc(32))).toThrow(/letters and digits/);
  });
});
