import { HostError, type Message, maskSecrets, secretPaths } from '@cdp/plugin-kit';
import { channelContract, testHost } from '@cdp/plugin-kit/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { plugin } from './plugin.js';
import type { WebhookContent } from './webhook-content.js';
import { SECRETS, WebhookDouble } from './webhook-double.js';

const good = { url: 'https://example.org/hook', secret: SECRETS.first };

channelContract(plugin, {
  start: () => WebhookDouble.start(),
  wrongConfigs: {
    nothing: {},
    'no secret': { url: good.url },
    'a secret that is too short': { ...good, secret: 'whsec_c2hvcnQ=' },
    'a secret that is too long': { ...good, secret: `whsec_${Buffer.alloc(65).toString('base64')}` },
    'a secret that is not base64': { ...good, secret: 'whsec_this is not base64, not at all, no' },
    'a URL that is not HTTP': { ...good, url: 'file:///etc/passwd' },
    'a relative URL': { ...good, url: '/hook' },
    'credentials in the URL': { ...good, url: 'https://user:pass@example.org/hook' },
    'an unknown field': { ...good, method: 'PUT' },
    'a header that the signature owns': { ...good, headers: { 'Webhook-Id': 'x' } },
    'a header that HTTP owns': { ...good, headers: { 'Content-Length': '1' } },
    'a second line in a header': { ...good, headers: { 'X-A': 'a\r\nX-B: b' } },
  },
  message: (n) => ({ to: '', content: { body: { n } } }),
});

describe('the webhook', () => {
  let double: WebhookDouble;
  let now = Date.now();

  const message = (id: string, body: WebhookContent['body'] = { hello: 'Ann' }): Message<WebhookContent> => ({
    id,
    tenantId: 't1',
    profileId: 'p1',
    to: '',
    content: { body },
    links: {},
  });
  const host = () => testHost({ now: () => now });
  const send = async (config: Record<string, unknown>, ...messages: Message<WebhookContent>[]) => {
    const channel = await plugin.open(plugin.config.parse({ ...double.config('first'), ...config }), host());
    return channel.send(messages, host());
  };
  const call = (at = 0) => double.calls[at] as WebhookDouble['calls'][number];
  const verifiedBy = (secret: string, { body, headers } = call()) =>
    new Webhook(secret).verify(body, headers as Record<string, string>);

  beforeEach(async () => {
    now = Date.now();
    double = await WebhookDouble.start();
  });
  afterEach(() => double.stop());

  it('is accepted by the reference library of the specification', async () => {
    await send({}, message('m-1', { hello: 'Änne "the" 👟' }));
    expect(verifiedBy(SECRETS.first)).toEqual({ hello: 'Änne "the" 👟' });
    expect(call().headers).toMatchObject({ 'webhook-id': 'm-1', 'content-type': 'application/json' });
    expect(() => verifiedBy(SECRETS.second)).toThrow();
    expect(() => verifiedBy(SECRETS.first, { ...call(), body: `${call().body} ` })).toThrow();
  });

  it('is accepted with the new secret and with the previous one while both are set', async () => {
    await send({ secret: SECRETS.second, previousSecret: SECRETS.first }, message('m-1'));
    expect(verifiedBy(SECRETS.second)).toEqual({ hello: 'Ann' });
    expect(verifiedBy(SECRETS.first)).toEqual({ hello: 'Ann' });
  });

  it('keeps its id over attempts and signs each at its own time', async () => {
    await send({}, message('m-1'));
    now += 60_000;
    await send({}, message('m-1'));
    expect(call(1).headers['webhook-id']).toBe('m-1');
    expect(Number(call(1).headers['webhook-timestamp']) - Number(call(0).headers['webhook-timestamp'])).toBe(60);
    expect(call(1).headers['webhook-signature']).not.toBe(call(0).headers['webhook-signature']);
  });

  it('sends text as text and JSON text as JSON', async () => {
    await send({}, message('m-1', 'Hello Ann'), message('m-2', '{"a":1}'));
    const types = Object.fromEntries(double.calls.map(({ body, headers }) => [body, headers['content-type']]));
    expect(types).toEqual({ 'Hello Ann': 'text/plain; charset=utf-8', '{"a":1}': 'application/json' });
  });

  it('sends the headers of the configuration, which may replace the content type but not the signature', async () => {
    await send({ headers: { 'X-Key': 'k', 'Content-Type': 'application/cloudevents+json' } }, message('m-1'));
    expect(call().headers).toMatchObject({ 'x-key': 'k', 'content-type': 'application/cloudevents+json' });
  });

  it.each([
    [200, {}, { kind: 'sent' }],
    [202, {}, { kind: 'sent' }],
    [301, { location: 'http://127.0.0.1:1/' }, { kind: 'refused', channel: 'failing' }],
    [307, { location: 'http://127.0.0.1:1/' }, { kind: 'refused', channel: 'failing' }],
    [400, {}, { kind: 'refused' }],
    [401, {}, { kind: 'later', channel: 'failing' }],
    [404, {}, { kind: 'later', channel: 'failing' }],
    [408, {}, { kind: 'later', channel: 'failing' }],
    [410, {}, { kind: 'refused', channel: 'gone' }],
    [413, {}, { kind: 'refused' }],
    [422, {}, { kind: 'refused' }],
    [429, { 'retry-after': '120' }, { kind: 'later', channel: 'failing', afterMs: 120_000 }],
    [429, {}, { kind: 'later', channel: 'failing' }],
    [500, {}, { kind: 'later', channel: 'failing' }],
    [502, {}, { kind: 'later', channel: 'failing' }],
    [503, { 'retry-after': '999999999' }, { kind: 'later', channel: 'failing', afterMs: 86_400_000 }],
    [503, { 'retry-after': 'soon' }, { kind: 'later', channel: 'failing' }],
    [504, {}, { kind: 'later', channel: 'failing' }],
  ] as const)('reads %d %j', async (status, headers, outcome) => {
    double.answer = { status, headers: { ...headers }, body: 'because' };
    const [got] = await send({}, message('m-1'));
    expect(got).toEqual(status < 300 ? outcome : { ...outcome, reason: expect.stringContaining(`HTTP ${status}`) });
    expect(double.calls).toHaveLength(1);
  });

  it('keeps what a receiver repeats of the message and of the configuration out of the reason', async () => {
    const body = { person: { email: 'ann@example.org', name: 'Ann Example' } };
    double.answer = { status: 422, body: `bad: ${JSON.stringify(body)} ${SECRETS.first} token-of-first-77aa` };
    const [outcome] = await send({ headers: { 'X-Token': 'token-of-first-77aa' } }, message('m-1', body));
    expect(outcome).toEqual({
      kind: 'refused',
      reason: 'HTTP 422: bad: {"person":{"email":"[hidden]","name":"[hidden]"}} [hidden] [hidden]',
    });
  });

  it('reads Retry-After as a date too', async () => {
    now = Date.UTC(2026, 0, 1);
    double.answer = { status: 429, headers: { 'retry-after': new Date(now + 30_000).toUTCString() } };
    expect(await send({}, message('m-1'))).toMatchObject([{ afterMs: 30_000 }]);
  });

  it.each([
    [new HostError('timeout', 'No answer within 15000 ms.', true), { kind: 'unknown', channel: 'failing' }],
    [new HostError('broken', 'The connection broke.', true), { kind: 'unknown', channel: 'failing' }],
    [new HostError('timeout', 'No connection within 15000 ms.', false), { kind: 'later', channel: 'failing' }],
    [new HostError('unreachable', 'No address.', false), { kind: 'later', channel: 'failing' }],
    [new HostError('refused', 'A private address.', false), { kind: 'refused', channel: 'failing' }],
    [new HostError('aborted', 'Given up.', false), { kind: 'later' }],
  ])('reads %s', async (error, outcome) => {
    const channel = await plugin.open(plugin.config.parse(good), host());
    const failing = { ...host(), fetch: () => Promise.reject(error) };
    expect(await channel.send([message('m-1')], failing)).toEqual([{ ...outcome, reason: error.message }]);
  });

  it('is tried by a signed ping that is about nobody', async () => {
    const channel = await plugin.open(plugin.config.parse(double.config('first')), host());
    expect(await channel.test?.(host())).toEqual({ ok: true });
    expect(verifiedBy(SECRETS.first)).toMatchObject({ type: 'ping' });
    double.answer = { status: 401 };
    expect(await channel.test?.(host())).toMatchObject({ ok: false, reason: expect.stringContaining('401') });
  });

  it('masks both secrets and every header', () => {
    expect(secretPaths(plugin.config)).toEqual(['headers.*', 'previousSecret', 'secret']);
    const config = { ...good, headers: { Authorization: 'Bearer x' } };
    expect(maskSecrets(plugin.config, config)).toEqual({
      ...good,
      secret: '********',
      headers: { Authorization: '********' },
    });
  });
});
