import { type Channel, type Host, type Plugin, secret, sent, templated } from '@cdp/plugin-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { PluginRegistry } from './plugin-registry.js';

const channel: Channel = { send: async (messages) => messages.map(() => sent()) };

const manifest: Plugin['manifest'] = {
  name: 'pigeon',
  version: '1.2.3',
  channel: 'bird',
  kit: '^1',
  displayName: 'Carrier pigeon',
  capabilities: { receipts: false, attachments: false, idempotent: false },
};

const pigeon = (over: Partial<Plugin> = {}, about: Partial<Plugin['manifest']> = {}): Plugin => ({
  manifest: { ...manifest, ...about },
  config: z.strictObject({ loft: z.string(), grain: secret(z.string()), speed: z.int().default(60) }),
  content: z.strictObject({ note: templated(z.string(), { syntax: 'liquid-text' }) }),
  open: () => channel,
  ...over,
});

const host = {} as Host;

describe('the plugin registry', () => {
  it('lists plugins by channel and name, with schemas that a form can be drawn of', () => {
    const registry = new PluginRegistry([
      pigeon({}, { name: 'zeppelin', channel: 'air' }),
      pigeon(),
      pigeon({}, { name: 'dove' }),
    ]);
    expect(registry.list().map(({ name }) => name)).toEqual(['zeppelin', 'dove', 'pigeon']);
    expect(registry.list()[2]).toMatchObject({
      channel: 'bird',
      version: '1.2.3',
      displayName: 'Carrier pigeon',
      capabilities: { receipts: false },
      configSchema: {
        type: 'object',
        required: ['loft', 'grain'],
        properties: { grain: { type: 'string', secret: true } },
      },
      contentSchema: { properties: { note: { template: { syntax: 'liquid-text' } } } },
    });
    expect(JSON.parse(JSON.stringify(registry.list()))).toEqual(registry.list());
  });

  it('finds plugins by name and by channel', () => {
    const [first, second] = [pigeon(), pigeon({}, { name: 'dove' })];
    const registry = new PluginRegistry([first, second]);
    expect(registry.get('dove')).toBe(second);
    expect(registry.get('eagle')).toBeUndefined();
    expect(registry.forChannel('bird')).toEqual(expect.arrayContaining([first, second]));
    expect(registry.forChannel('email')).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /number 1 .*manifest/],
    ['no manifest', { open: () => channel }, /number 1 .*manifest/],
    ['a version that is none', pigeon({}, { version: 'new' }), /pigeon .*manifest\.version/],
    ['a channel name with blanks', pigeon({}, { channel: 'Carrier Bird' }), /pigeon .*manifest\.channel/],
    ['a kit of the future', pigeon({}, { kit: '^2' }), /pigeon .*needs the plugin kit \^2/],
    ['no open', pigeon({ open: undefined as never }), /pigeon .*no function open/],
    [
      'a config without JSON Schema',
      pigeon({ config: z.strictObject({ since: z.date() }) }),
      /pigeon .*config schema has no JSON Schema/,
    ],
    ['a config that is no object', pigeon({ config: z.string() }), /pigeon .*config schema is not an object/],
    [
      'a content without JSON Schema',
      pigeon({ content: z.strictObject({ at: z.date() }) }),
      /pigeon .*content schema has no JSON Schema/,
    ],
    ['a content that is a list', pigeon({ content: z.array(z.string()) }), /pigeon .*content schema is not an object/],
    [
      'a field that renders into none',
      pigeon({ content: z.strictObject({ mjml: templated(z.string(), { syntax: 'mjml', into: 'html' }) }) }),
      /pigeon .*content\.mjml: into names html/,
    ],
  ])('does not load a plugin with %s', (_, plugin, message) => {
    expect(() => new PluginRegistry([plugin as Plugin])).toThrow(message);
  });

  it('does not load two plugins of one name', () => {
    expect(() => new PluginRegistry([pigeon(), pigeon()])).toThrow(/pigeon .*another plugin has this name/);
  });

  it('does not open a channel that breaks the promise of receipts', async () => {
    let closed = false;
    const open = () => ({
      ...channel,
      verifyCallback: () => true,
      close: async () => {
        closed = true;
      },
    });
    const capabilities = { ...manifest.capabilities, receipts: true };
    const registry = new PluginRegistry([pigeon({ open }, { capabilities })]);
    await expect(registry.open('pigeon', {}, host)).rejects.toThrow(/pigeon .*receipts.*readCallback/);
    expect(closed).toBe(true);
  });

  it('checks a configuration, names each mistake by path and fills in defaults', () => {
    const registry = new PluginRegistry([pigeon()]);
    expect(registry.parseConfig('pigeon', { loft: 'a', grain: 'b' })).toEqual({ loft: 'a', grain: 'b', speed: 60 });
    expect(() => registry.parseConfig('pigeon', { loft: 1, grain: 'b', wing: true })).toThrow(
      expect.objectContaining({
        code: 'invalid',
        errors: expect.arrayContaining([
          { path: 'config.loft', message: expect.any(String) },
          { path: 'config', message: expect.stringContaining('wing') },
        ]),
      }),
    );
    expect(() => registry.parseConfig('eagle', {})).toThrow(expect.objectContaining({ code: 'not_found' }));
  });

  it("passes a plugin's own objection to a configuration on to the tenant", async () => {
    const open = () => {
      throw new Error('loft: no such loft.');
    };
    const registry = new PluginRegistry([pigeon({ open })]);
    await expect(registry.open('pigeon', {}, host)).rejects.toMatchObject({
      code: 'invalid',
      message: 'loft: no such loft.',
    });
  });
});
