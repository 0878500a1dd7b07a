import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { secret, templated } from './field.js';
import { contentFields, toJsonSchema } from './json-schema.js';
import { maskSecrets, secretPaths, secretValues, unmaskSecrets } from './secrets.js';

const node: z.ZodType = z.strictObject({
  key: secret(z.string()),
  get inner() {
    return node.optional();
  },
});

const config = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('open'), url: z.string() }),
    z.strictObject({
      kind: z.literal('closed'),
      token: secret(z.string().meta({ title: 'Token' })),
      extra: secret(z.string().optional()),
      keys: z.array(z.strictObject({ id: z.string(), value: secret(z.string()) })).default([]),
      headers: z.record(z.string(), secret(z.string())).optional(),
      credentials: secret(z.strictObject({ user: z.string(), pass: z.string() })).optional(),
      node: node.optional(),
    }),
  ])
  .superRefine(() => undefined);

const full = {
  kind: 'closed',
  token: 't0ken',
  keys: [
    { id: 'a', value: 'va' },
    { id: 'b', value: 'vb' },
  ],
  headers: { Authorization: 'Bearer x' },
  credentials: { user: 'u', pass: 'p' },
  node: { key: 'k1', inner: { key: 'k2' } },
};

describe('secrets of a configuration', () => {
  it('are found in unions, arrays, records and structures that contain themselves', () => {
    expect(secretPaths(config)).toEqual(['credentials', 'extra', 'headers.*', 'keys.*.value', 'node.key', 'token']);
    expect(secretValues(config, full).sort()).toEqual(['Bearer x', 'k1', 'k2', 'p', 't0ken', 'u', 'va', 'vb']);
  });

  it('are masked where they are, and nothing else is', () => {
    expect(maskSecrets(config, full)).toEqual({
      kind: 'closed',
      token: '********',
      keys: [
        { id: 'a', value: '********' },
        { id: 'b', value: '********' },
      ],
      headers: { Authorization: '********' },
      credentials: '********',
      node: { key: '********', inner: { key: '********' } },
    });
    expect(maskSecrets(config, { kind: 'open', url: 'x' })).toEqual({ kind: 'open', url: 'x' });
  });

  it('come back from what is stored where a client returned the mask, and change where it did not', () => {
    const masked = maskSecrets(config, full) as Record<string, unknown>;
    expect(unmaskSecrets(config, masked, full)).toEqual(full);
    expect(unmaskSecrets(config, { ...masked, token: 'new' }, full)).toEqual({ ...full, token: 'new' });
    expect(unmaskSecrets(config, { kind: 'closed', token: '********' }, undefined)).toEqual({
      kind: 'closed',
      token: '********',
    });
  });

  it('are marked in the JSON Schema that a form is drawn of', () => {
    const [, closed] = toJsonSchema(config).oneOf ?? [];
    expect(closed?.properties?.token).toMatchObject({ type: 'string', title: 'Token', secret: true });
    expect(closed?.properties?.extra).toMatchObject({ secret: true });
    expect(closed?.required).not.toContain('keys');
  });

  it('cannot hide in a schema that has no JSON Schema', () => {
    expect(() => toJsonSchema(z.strictObject({ at: z.date() }))).toThrow();
    expect(() => toJsonSchema(z.strictObject({ at: z.string().transform(Number) }))).not.toThrow();
  });
});

describe('fields of a content', () => {
  it('say how they are rendered', () => {
    const content = z.strictObject({
      subject: templated(z.string().meta({ title: 'Subject' }), { syntax: 'liquid-text' }),
      mjml: templated(z.string().optional(), { syntax: 'mjml', into: 'html', track: ['links', 'opens'] }),
      priority: z.enum(['low', 'high']).default('low'),
    });
    expect(contentFields(content)).toEqual([
      { name: 'subject', required: true, template: { syntax: 'liquid-text' } },
      { name: 'mjml', required: false, template: { syntax: 'mjml', into: 'html', track: ['links', 'opens'] } },
      { name: 'priority', required: false },
    ]);
    expect(toJsonSchema(content).properties?.subject).toMatchObject({ title: 'Subject' });
  });
});
