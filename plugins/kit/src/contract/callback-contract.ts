import { describe, expect, it } from '@jest/globals';
import type { CallbackRequest, DeliveryEvent } from '../callback.js';
import type { Channel } from '../channel.js';
import type { Plugin } from '../plugin.js';
import type { Account, CallbackFixture, ProviderDouble } from './fixture.js';
import { testHost } from './test-host.js';

/** The part of the contract for plugins that promise receipts. */
export function callbackContract(
  plugin: Plugin,
  fixture: CallbackFixture,
  double: () => ProviderDouble,
  openAs: (account: Account) => Promise<Channel>,
): void {
  describe('callbacks', () => {
    const sentAt = Date.UTC(2026, 0, 15, 12);

    const genuine = (account: Account) => fixture.genuine(plugin.config.parse(double().config(account)), sentAt);
    const verify = async (channel: Channel, request: CallbackRequest, now = sentAt) =>
      (await channel.verifyCallback?.(request, testHost({ now: () => now }))) ?? false;
    const read = (channel: Channel, request: CallbackRequest): DeliveryEvent[] => channel.readCallback?.(request) ?? [];

    it('are accepted when they are genuine, and read', async () => {
      const channel = await openAs('first');
      const request = genuine('first');
      expect(await verify(channel, request)).toBe(true);
      const events = read(channel, request);
      expect(events).toHaveLength(fixture.events);
      for (const event of events) expect(event.messageId ?? event.providerId).toEqual(expect.any(String));
      expect(new Set(events.map(({ id }) => id)).size).toBe(fixture.events);
    });

    it('are refused when a byte of them was changed', async () => {
      const request = genuine('first');
      const body = Uint8Array.from(request.body);
      body[0] = (body[0] ?? 0) ^ 1;
      expect(await verify(await openAs('first'), { ...request, body })).toBe(false);
    });

    it('are refused when they were cut off', async () => {
      const request = genuine('first');
      const body = request.body.subarray(0, request.body.length - 1);
      expect(await verify(await openAs('first'), { ...request, body })).toBe(false);
    });

    it('are refused without any header, and when every header is garbage', async () => {
      const channel = await openAs('first');
      const request = genuine('first');
      const garbage = Object.fromEntries(Object.keys(request.headers).map((name) => [name, '\u00ff,;=']));
      expect(await verify(channel, { ...request, headers: {} })).toBe(false);
      expect(await verify(channel, { ...request, headers: garbage })).toBe(false);
    });

    it("are refused when another account's key signed them", async () => {
      expect(await verify(await openAs('first'), genuine('second'))).toBe(false);
    });

    it('change nothing when they are repeated: refused when old, and of the same ids when not', async () => {
      const channel = await openAs('first');
      const request = genuine('first');
      const ids = () => read(channel, request).map(({ id }) => id);
      expect(ids()).toEqual(ids());
      const dayLater = sentAt + 86_400_000;
      if (await verify(channel, request, dayLater)) expect(ids().every((id) => id !== '')).toBe(true);
    });
  });
}
