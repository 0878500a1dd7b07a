import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { MessageLinks, type MessageRef } from '../campaign/index.js';
import { packTexts, unpackTexts } from './packed-text.js';

export interface LinkKey {
  /** Stands in each token, so that older ones still open after a rotation: 1 to 8 characters of `A-Z a-z 0-9`. */
  id: string;
  /** At least 32 bytes. */
  secret: Buffer;
}

export interface SignedLinksOptions {
  /** Where people reach the platform, without a slash at the end. */
  publicUrl: string;
  /** The first signs; the others still open what they signed. */
  keys: readonly [LinkKey, ...LinkKey[]];
}

/** What a link of a message says once its signature holds. */
export interface OpenedLink extends MessageRef {
  /** Tells the links of one message apart. */
  index: number;
  /** Where a click leads; the empty string for the others. */
  url: string;
}

export type LinkKind = 'click' | 'open' | 'unsubscribe';

const KIND_BYTES = { click: 1, open: 2, unsubscribe: 3 } as const;
const PATHS = { click: '/t/c/', open: '/t/o/', unsubscribe: '/t/u/' } as const;
/** Half of the digest: forging takes 2^128 tries against a server. */
const MAC_BYTES = 16;
const LONGEST_TOKEN = 8_000;
const REF_FIELDS = 6;

/**
 * Addresses that carry all that is needed to count and to redirect: tenant, message, campaign, profile, channel and topic (ids,
 * no address of a person), the number of the link, and where it leads. The signature covers every byte of that, so a link leads
 * nowhere but where the message said, and nothing is looked up when it is followed.
 */
export class SignedLinks extends MessageLinks {
  readonly #base: string;
  readonly #keys: Map<string, KeyObject>;
  readonly #signing: { id: string; key: KeyObject };
  /** The links of one message are made one after another. */
  #last: MessageRef | undefined;
  #packed: Buffer = Buffer.alloc(0);

  constructor(options: SignedLinksOptions) {
    super();
    for (const { id, secret } of options.keys) {
      if (!/^[A-Za-z0-9]{1,8}$/.test(id)) throw new Error('The id of a link key has 1 to 8 letters and digits.');
      if (secret.length < 32) throw new Error('A link key has at least 32 bytes.');
    }
    this.#base = options.publicUrl.replace(/\/+$/, '');
    this.#keys = new Map(options.keys.map(({ id, secret }) => [id, createSecretKey(secret)]));
    const { id } = options.keys[0];
    this.#signing = { id, key: this.#keys.get(id) as KeyObject };
  }

  override click(message: MessageRef, index: number, url: string): string {
    return this.#link('click', message, index, url);
  }

  override open(message: MessageRef): string {
    return this.#link('open', message, 0, '');
  }

  override unsubscribe(message: MessageRef): string {
    return this.#link('unsubscribe', message, 0, '');
  }

  override isOwn(url: string): boolean {
    return url.startsWith(`${this.#base}/t/`);
  }

  /** Undefined for anything that this platform did not sign for this purpose. */
  read(kind: LinkKind, token: string): OpenedLink | undefined {
    if (token.length > LONGEST_TOKEN) return undefined;
    const [keyId, body, mac] = token.split('.', 4);
    const key = keyId === undefined ? undefined : this.#keys.get(keyId);
    if (!key || body === undefined || mac === undefined) return undefined;
    const given = Buffer.from(mac, 'base64url');
    const right = macOf(key, `${keyId}.${body}`);
    if (given.length !== MAC_BYTES || !timingSafeEqual(given, right)) return undefined;
    return readBody(kind, Buffer.from(body, 'base64url'));
  }

  #link(kind: LinkKind, message: MessageRef, index: number, url: string): string {
    if (this.#last !== message) {
      const { tenantId, messageId, campaignId, profileId, channel, topic } = message;
      this.#packed = packTexts([tenantId, messageId, campaignId, profileId, channel, topic]);
      this.#last = message;
    }
    const head = Buffer.from([KIND_BYTES[kind], index >> 8, index & 0xff]);
    const body = Buffer.concat(url === '' ? [head, this.#packed] : [head, this.#packed, Buffer.from(url)]);
    const signed = `${this.#signing.id}.${body.toString('base64url')}`;
    return `${this.#base}${PATHS[kind]}${signed}.${macOf(this.#signing.key, signed).toString('base64url')}`;
  }
}

const macOf = (key: KeyObject, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES);

function readBody(kind: LinkKind, bytes: Buffer): OpenedLink | undefined {
  if (bytes[0] !== KIND_BYTES[kind] || bytes.length < 3) return undefined;
  const read = unpackTexts(bytes, 3, REF_FIELDS);
  if (!read) return undefined;
  const [tenantId, messageId, campaignId, profileId, channel, topic] = read.texts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const index = bytes.readUInt16BE(1);
  return { tenantId, messageId, campaignId, profileId, channel, topic, index, url: bytes.toString('utf8', read.end) };
}
