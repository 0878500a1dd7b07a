import type { Message } from '@cdp/plugin-kit';
import { encodeWord, encodeWords, foldLines } from 'nodemailer/lib/mime-funcs';
import { asciiAddress, domainOf, type Sender } from './email-address.js';
import type { EmailContent } from './email-content.js';
import { insertPreheader } from './preheader.js';
import { encodeQuotedPrintable } from './quoted-printable.js';

/** What stands in a mail, before it is put into bytes. */
export interface Mail {
  from: string;
  to: string;
  subject: string;
  /** Encoded, in the order in which they are written. */
  headers: [name: string, value: string][];
  html?: string | undefined;
  text?: string | undefined;
}

/** Puts a message into mail terms. Its address has been checked. */
export function mailOf(message: Message<EmailContent>, sender: Sender, now: number): Mail {
  const { content, links } = message;
  const from = asciiAddress(sender.address);
  const to = asciiAddress(message.to);
  const subject = oneLine(content.subject);
  const headers: [string, string][] = [
    ['From', sender.name === '' ? from : `${displayName(sender.name)} <${from}>`],
    ['To', to],
    ['Subject', foldLines(encodeWords(subject, 'Q', 52), 76)],
    ['Message-ID', `<${message.id}@${domainOf(from)}>`],
    ['Date', new Date(now).toUTCString().replace('GMT', '+0000')],
  ];
  if (links.unsubscribe !== undefined) {
    // RFC 8058: the pair makes the inbox's own button unsubscribe with one POST. Not folded: some verifiers break on it.
    headers.push(['List-Unsubscribe', `<${new URL(links.unsubscribe).href}>`]);
    headers.push(['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click']);
  }
  headers.push(['MIME-Version', '1.0']);
  const preheader = oneLine(content.preheader ?? '');
  const html = content.html !== undefined && preheader !== '' ? insertPreheader(content.html, preheader) : content.html;
  return { from, to, subject, headers, html, text: content.text };
}

/** The mail as RFC 5322 bytes. Text before HTML: a reader takes the last part that it can show. */
export function composeMail(mail: Mail): Buffer {
  const head = mail.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  if (mail.html === undefined) return Buffer.concat([Buffer.from(head), ...part('text/plain', mail.text ?? '')]);
  if (mail.text === undefined) return Buffer.concat([Buffer.from(head), ...part('text/html', mail.html)]);
  return Buffer.concat([
    Buffer.from(`${head}Content-Type: multipart/alternative; boundary="${BOUNDARY}"\r\n\r\n--${BOUNDARY}\r\n`),
    ...part('text/plain', mail.text),
    Buffer.from(`\r\n--${BOUNDARY}\r\n`),
    ...part('text/html', mail.html),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

/** `=_` cannot occur in quoted-printable text, so one boundary serves all mails (RFC 2045, section 6.7). */
const BOUNDARY = '=_alternative_=';

const part = (type: string, text: string): Buffer[] => [
  Buffer.from(`Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`),
  encodeQuotedPrintable(text),
];

const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').trim();

function displayName(name: string): string {
  const safe = oneLine(name);
  if (/^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+$/.test(safe)) return safe;
  return /^[\x20-\x7e]*$/.test(safe) ? `"${safe.replace(/["\\]/g, '\\$&')}"` : encodeWord(safe, 'Q', 52);
}
