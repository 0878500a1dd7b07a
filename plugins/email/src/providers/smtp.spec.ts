import { type Channel, HostError, type Message } from '@cdp/plugin-kit';
import { channelContract, testHost } from '@cdp/plugin-kit/contract';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import type { SMTPServerOptions } from 'smtp-server';
import type { EmailContent } from '../email-content.js';
import { plugin } from '../plugin.js';
import { CERTIFICATE, SmtpDouble } from './smtp-double.js';

const smtp = { provider: 'smtp', host: 'mail.example', port: 587, security: 'starttls', from: 'news@shop.example' };

channelContract(plugin, {
  start: () => SmtpDouble.start(),
  wrongConfigs: {
    nothing: {},
    'an unknown provider': { ...smtp, provider: 'pigeon' },
    'an unknown field': { ...smtp, hostname: 'mail.example' },
    'a URL for a host': { ...smtp, host: 'smtp://mail.example' },
    'a port out of range': { ...smtp, port: 70_000 },
    'a sender that is no address': { ...smtp, from: 'the shop' },
    'two senders': { ...smtp, from: 'a@shop.example, b@shop.example' },
    'a header in the sender': { ...smtp, from: 'news@shop.example\r\nBcc: all@shop.example' },
    'a user name without a password': { ...smtp, username: 'shop' },
  },
  message: (n) => ({
    to: `person${n}@example.org`,
    content: { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
  }),
});

describe('SMTP', () => {
  let double: SmtpDouble;
  let channel: Channel<EmailContent>;

  const start = async (options: SMTPServerOptions = {}, config: Record<string, unknown> = {}) => {
    double = await SmtpDouble.start(options);
    channel = await plugin.open(plugin.config.parse({ ...double.config('first'), ...config }), testHost());
  };
  const message = (id: string, over: Partial<Message<EmailContent>> = {}): Message<EmailContent> => ({
    id,
    tenantId: 't1',
    profileId: 'p1',
    to: 'ann@example.org',
    content: { subject: 'Hello', html: '<p>Hello</p>', text: 'Hello' },
    links: {},
    ...over,
  });
  const send = async (...messages: Message<EmailContent>[]) => channel.send(messages, testHost());
  const arrived = async (at = 0) => simpleParser((double.mails[at] as { raw: Buffer }).raw);

  afterEach(async () => {
    await channel.close?.();
    await double.stop();
  });

  describe('the mail', () => {
    beforeEach(() => start());

    it('arrives with text, HTML, subject, sender and an id made of the message id', async () => {
      const content = { subject: 'Größe 42 — für Änne 👟', html: '<p>Grüße = 1 €</p>', text: 'Grüße = 1 €' };
      expect(await send(message('m-1', { content }))).toEqual([{ kind: 'sent', providerId: 'Q1' }]);
      const mail = await arrived();
      expect(mail.subject).toBe(content.subject);
      expect(mail.html).toBe(content.html);
      expect(mail.text?.trim()).toBe(content.text);
      expect(mail.from?.value).toEqual([{ name: 'Shop', address: 'news@shop.example' }]);
      expect(mail.messageId).toBe('<m-1@shop.example>');
      expect(double.mails[0]).toMatchObject({ from: 'news@shop.example', to: 'ann@example.org' });
    });

    it('carries the pair of headers by which an inbox unsubscribes with one click', async () => {
      const url = `https://cdp.example/t/u/${'x'.repeat(300)}`;
      await send(message('m-1', { links: { unsubscribe: url } }));
      const head = (double.mails[0]?.raw.toString() ?? '').split('\r\n\r\n')[0];
      expect(head).toContain(`\r\nList-Unsubscribe: <${url}>\r\n`);
      expect(head).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
      await send(message('m-2'));
      expect(double.mails[1]?.raw.toString()).not.toContain('List-Unsubscribe');
    });

    it('keeps every byte of long lines, lone dots, trailing blanks and odd line ends', async () => {
      const text = ['.', '..dots', 'trailing  ', 'tab\t', `long ${'é'.repeat(900)}`, '=3D', 'end.'].join('\n');
      await send(message('m-1', { content: { subject: 's', html: `<pre>${text}</pre>`, text } }));
      const mail = await arrived();
      expect(mail.text?.trimEnd()).toBe(text);
      expect(mail.html).toBe(`<pre>${text}</pre>`);
      for (const line of (double.mails[0]?.raw.toString() ?? '').split('\r\n'))
        expect(line.length).toBeLessThanOrEqual(76);
    });

    it('cannot be given headers by what people call themselves', async () => {
      const subject = 'Hello Ann\r\nBcc: everyone@example.org\r\n\r\nbody';
      await send(message('m-1', { content: { subject, html: '<p>x</p>' } }));
      const mail = await arrived();
      expect(mail.bcc).toBeUndefined();
      expect(mail.subject).toBe('Hello Ann Bcc: everyone@example.org body');
    });

    it('shows a preheader first and hides it from the reader', async () => {
      const html = '<html><body class="x"><h1>Sale</h1></body></html>';
      await send(message('m-1', { content: { subject: 's', html, preheader: 'Only <today>' } }));
      const mail = await arrived();
      expect(mail.html).toMatch(/<body class="x"><div style="display:none[^>]*>Only &lt;today&gt;/);
    });

    it('goes out as text alone, or as HTML alone', async () => {
      await send(message('m-1', { content: { subject: 's', text: 'Only text' } }));
      await send(message('m-2', { content: { subject: 's', html: '<p>Only HTML</p>' } }));
      expect([(await arrived(0)).html, (await arrived(0)).text?.trim()]).toEqual([false, 'Only text']);
      const { html } = await arrived(1);
      expect(typeof html === 'string' && html.trim()).toBe('<p>Only HTML</p>');
    });

    it('reaches an internationalised domain by its ASCII name', async () => {
      await send(message('m-1', { to: 'ann@bücher.example' }));
      expect(double.mails[0]?.raw.toString()).toContain('To: ann@xn--bcher-kva.example\r\n');
    });

    it.each([
      '',
      'ann',
      'ann@',
      'a b@example.org',
      'ann@example.org,bob@example.org',
      'ann@example.org\r\nRCPT TO:<bob@x.org>',
      '<ann@example.org>',
    ])('is not sent to %j, which is no address', async (to) => {
      expect(await send(message('m-1', { to }))).toMatchObject([{ kind: 'refused', suppress: 'address' }]);
      expect(double.mails).toEqual([]);
    });
  });

  describe('what the server says', () => {
    beforeEach(() => start());

    it.each([
      ['RCPT', 550, '5.1.1 No such user', { kind: 'refused', suppress: 'address' }],
      ['RCPT', 550, '5.2.1 Mailbox disabled', { kind: 'refused', suppress: 'address' }],
      ['RCPT', 556, '5.1.10 Domain takes no mail', { kind: 'refused', suppress: 'address' }],
      ['RCPT', 550, 'User unknown in virtual mailbox table', { kind: 'refused', suppress: 'address' }],
      [
        'RCPT',
        550,
        '<ann@example.org>: Recipient address rejected: mailbox does not exist',
        { kind: 'refused', suppress: 'address' },
      ],
      ['RCPT', 550, '5.7.1 Blocked: user unknown to our policy', { kind: 'refused' }],
      ['RCPT', 554, 'Relay access denied', { kind: 'refused' }],
      ['RCPT', 452, '4.2.2 Mailbox full', { kind: 'later' }],
      ['RCPT', 451, '4.7.1 Greylisted', { kind: 'later' }],
      ['MAIL', 553, '5.7.1 Sender not allowed', { kind: 'refused', channel: 'failing' }],
      ['MAIL', 552, '5.3.4 Too large', { kind: 'refused' }],
      ['MAIL', 503, '5.5.1 Bad sequence', { kind: 'later' }],
      ['DATA', 554, '5.7.0 Spam', { kind: 'refused' }],
      ['DATA', 550, '5.1.1 No such user after all', { kind: 'refused', suppress: 'address' }],
      ['DATA', 451, '4.3.0 Disk full', { kind: 'later' }],
      ['DATA', 421, '4.3.2 Shutting down', { kind: 'later', channel: 'failing' }],
      ['CONN', 554, '5.7.1 We do not talk to you', { kind: 'later', channel: 'failing' }],
    ] as const)('at %s: %d %s', async (step, code, text, outcome) => {
      double.replies = { [step]: { code, text } };
      const [got] = await send(message('m-1'));
      const said = text.replace('ann@example.org', '[hidden]');
      expect(got).toEqual({ ...outcome, reason: expect.stringContaining(said) });
      double.replies = {};
      expect(await send(message('m-2'))).toMatchObject([{ kind: 'sent' }]);
    });

    it('keeps the connection after a refusal', async () => {
      double.replies = { RCPT: { code: 550, text: '5.1.1 No such user' } };
      await send(message('m-1'));
      double.replies = {};
      await send(message('m-2'));
      expect(double.connected).toBe(1);
    });
  });

  describe('when the connection is lost', () => {
    beforeEach(() => start());

    it('calls unknown what was sent to its end without an answer', async () => {
      double.cutAt = 'DATA';
      expect(await send(message('m-1'))).toMatchObject([{ kind: 'unknown', channel: 'failing' }]);
    });

    it.each(['MAIL', 'RCPT'] as const)('calls later what had only come to %s', async (step) => {
      double.cutAt = step;
      expect(await send(message('m-1'))).toMatchObject([{ kind: 'later', channel: 'failing' }]);
    });

    it('notices that the server ended a waiting connection, and sends by a new one', async () => {
      await send(message('m-1'));
      double.cut();
      expect(await send(message('m-2'))).toMatchObject([{ kind: 'sent' }]);
      expect(double.connected).toBe(2);
    });

    it('tries a message again at once when a connection that had served before is lost before the message', async () => {
      await send(message('m-1'));
      double.cutAt = 'MAIL';
      expect(await send(message('m-2'))).toMatchObject([{ kind: 'sent' }]);
      expect(double.taken('first')).toEqual(['m-1', 'm-2']);
      expect(double.connected).toBe(2);
    });
  });

  describe('a connection that had served before', () => {
    it('is no reason to send a message again that was sent to its end', async () => {
      await start();
      await send(message('m-1'));
      double.cutAt = 'DATA';
      expect(await send(message('m-2'))).toMatchObject([{ kind: 'unknown' }]);
      expect(double.connected).toBe(1);
    });
  });

  describe('many at once', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => message(`m-${n}`, { to: `p${n}@example.org` }));

    it('sends a batch over no more connections than it may open', async () => {
      await start({}, { maxConnections: 3 });
      const messages = many(60);
      expect((await send(...messages)).every(({ kind }) => kind === 'sent')).toBe(true);
      expect(double.connected).toBe(3);
      expect(new Set(double.taken('first')).size).toBe(60);
    });

    it('makes do with fewer connections when the server lets fewer in', async () => {
      await start({}, { maxConnections: 8 });
      double.limit = 2;
      expect((await send(...many(40))).map(({ kind }) => kind)).toEqual(many(40).map(() => 'sent'));
      expect(double.open).toBeLessThanOrEqual(2);
      expect(new Set(double.taken('first')).size).toBe(40);
    });

    it('asks a dead server once a connection, not once a message', async () => {
      await start({}, { maxConnections: 2 });
      double.replies = { CONN: { code: 554, text: '5.3.2 No service' } };
      expect((await send(...many(50))).every(({ kind }) => kind === 'later')).toBe(true);
      expect(double.connected).toBeLessThanOrEqual(4);
    });
  });

  describe('security', () => {
    it('encrypts from the first byte with tls, checking the name of the server', async () => {
      await start({ secure: true }, { ca: CERTIFICATE });
      expect(await send(message('m-1'))).toMatchObject([{ kind: 'sent' }]);
      expect(double.mails[0]?.secure).toBe(true);
    });

    it('encrypts before the login with starttls', async () => {
      await start({}, { security: 'starttls', ca: CERTIFICATE });
      expect(await send(message('m-1'))).toMatchObject([{ kind: 'sent' }]);
      expect(double.mails[0]?.secure).toBe(true);
    });

    it('does not fall back to clear text when the server offers no STARTTLS', async () => {
      await start({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] }, { security: 'starttls', ca: CERTIFICATE });
      expect(await send(message('m-1'))).toMatchObject([{ kind: 'later', channel: 'failing' }]);
      expect(double.mails).toEqual([]);
    });

    it('does not talk to a server whose certificate nobody vouches for', async () => {
      await start({ secure: true });
      expect(await send(message('m-1'))).toMatchObject([
        { kind: 'later', channel: 'failing', reason: expect.stringContaining('certificate') },
      ]);
    });

    it('keeps a password out of the reason even when the server echoes it', async () => {
      await start({}, { password: 'wrong-password-77' });
      const [outcome] = await send(message('m-1'));
      expect(outcome).toMatchObject({ kind: 'later', channel: 'failing' });
      expect(JSON.stringify(outcome)).not.toContain('wrong-password-77');
      expect(JSON.stringify(await channel.test?.(testHost()))).not.toContain('wrong-password-77');
    });

    it('connects to the address that the host gave, and to none when the host refuses', async () => {
      double = await SmtpDouble.start();
      const host = {
        ...testHost(),
        resolve: () => Promise.reject(new HostError('refused', 'mail.example leads to a private address.', false)),
      };
      channel = await plugin.open(plugin.config.parse(double.config('first')), host);
      expect(await channel.send([message('m-1')], host)).toEqual([
        { kind: 'later', channel: 'failing', reason: 'mail.example leads to a private address.' },
      ]);
      expect(double.connected).toBe(0);
    });
  });
});
