import {
  type Channel,
  definePlugin,
  type Host,
  later,
  type Message,
  type Outcome,
  type Plugin,
  refused,
  secret,
  sent,
  templated,
  unknown,
} from '@cdp/plugin-kit';
import { z } from 'zod';

const config = z.strictObject({ account: z.string(), password: secret(z.string()).optional() });

const content = z.strictObject({
  subject: templated(z.string().min(1), { syntax: 'liquid-text' }),
  html: templated(z.string().optional(), { syntax: 'liquid-html', track: ['links', 'opens'] }),
  mjml: templated(z.string().optional(), { syntax: 'mjml', into: 'html', track: ['links', 'opens'] }),
  text: templated(z.string().optional(), { syntax: 'liquid-text', plainTextOf: 'html', track: ['links'] }),
});

export interface Recorded extends Message {
  content: { subject: string; html?: string; text?: string };
  account: string;
}

export type Answer = (message: Message, host: Host) => Outcome | Promise<Outcome>;

/**
 * A channel that keeps what it is given and answers as a test wants it: by default `sent`, and by the local part of the address
 * `refused`, `dead`, `later`, `unknown`, `gone`, `failing`.
 */
export class Recorder {
  readonly messages: Recorded[] = [];
  readonly calls: number[] = [];
  opened = 0;
  closed = 0;
  answer: Answer = answerByAddress;
  reconcile: Answer | undefined;
  readonly plugin: Plugin;

  constructor(options: { idempotent?: boolean; batch?: number; name?: string; address?: boolean } = {}) {
    const name = options.name ?? 'recorder';
    this.plugin = definePlugin({
      manifest: {
        name,
        version: '1.0.0',
        channel: 'email',
        kit: '^1',
        displayName: 'Recorder',
        ...(options.address !== false && { address: { trait: 'email' } }),
        capabilities: {
          receipts: true,
          attachments: false,
          idempotent: options.idempotent ?? false,
          batch: { max: options.batch ?? 10 },
        },
      },
      config,
      content,
      open: ({ account }): Channel<z.output<typeof content>> => {
        this.opened++;
        return {
          send: async (messages, host) => {
            this.calls.push(messages.length);
            for (const message of messages) this.messages.push({ ...message, account } as Recorded);
            return Promise.all(messages.map((message) => this.answer(message, host)));
          },
          ...(this.reconcile && {
            reconcile: async (messages: readonly Message[], host: Host) =>
              Promise.all(messages.map((message) => (this.reconcile as Answer)(message, host))),
          }),
          test: async () => ({ ok: true }),
          verifyCallback: (request) => request.headers.signature === 'genuine',
          readCallback: (request) => JSON.parse(Buffer.from(request.body).toString()),
          close: async () => {
            this.closed++;
          },
        };
      },
    }) as unknown as Plugin;
  }
}

export const answerByAddress: Answer = (message) => {
  switch (message.to.split('@')[0]) {
    case 'refused':
      return refused('550 no');
    case 'dead':
      return refused('550 no such mailbox', { suppress: 'address' });
    case 'later':
      return later('451 busy', { afterMs: 30_000 });
    case 'unknown':
      return unknown('connection lost');
    case 'gone':
      return refused('410', { channel: 'gone' });
    case 'failing':
      return later('503', { channel: 'failing' });
    default:
      return sent(`provider-${message.id}`);
  }
};
