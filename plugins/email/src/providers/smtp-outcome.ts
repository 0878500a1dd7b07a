import { type Later, later, type Refused, refused, toReason, type Unknown, unknown } from '@cdp/plugin-kit';
import type { SmtpFailure } from './smtp-session.js';

/**
 * Enhanced status codes (RFC 3463 and its registry) that say the address itself is dead: no such mailbox, no such system, bad syntax,
 * moved without forwarding, a domain that takes no mail, a disabled mailbox.
 */
const DEAD_ADDRESS = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1']);

/** What servers say to RCPT TO that give no enhanced code. */
const UNKNOWN_USER =
  /(user|recipient|mailbox|account|address)\b.{0,40}\b(unknown|not found|does(n't| not) exist|unavailable|disabled|invalid)|(unknown|no such|invalid|nonexistent) (local )?(user|recipient|mailbox|account|address)/i;

export type Trouble = Refused | Later | Unknown;

/**
 * Reads a failure as an outcome: what the server said decides, and without a word from it, how far the message had come. `hidden` is
 * kept out of the reason.
 */
export function outcomeOfSmtpFailure(failure: SmtpFailure, hidden: readonly string[]): Trouble {
  const { cause, bodyStarted } = failure;
  const reason = toReason(cause.message, hidden);
  const command = cause.command ?? '';
  if (cause.responseCode !== undefined)
    return outcomeOfReply(cause.responseCode, cause.response ?? '', command, reason);
  if (bodyStarted) return unknown(reason, { channel: 'failing' });
  // Without a reply these two come from checks on this side: an envelope that cannot be sent, a message above the server's limit.
  if (cause.code === 'EENVELOPE' || cause.code === 'EMESSAGE') return refused(reason);
  return later(reason, { channel: 'failing' });
}

function outcomeOfReply(code: number, response: string, command: string, reason: string): Trouble {
  const aboutMessage = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  // Greeting, EHLO, STARTTLS or login: whatever the code, this message was not looked at, and the next would not be either.
  if (!aboutMessage) return later(reason, { channel: 'failing' });
  // 503 says that the session is out of step (RFC 5321, section 4.2.2), not that the message is bad.
  if (code < 500 || code === 503) return code === 421 ? later(reason, { channel: 'failing' }) : later(reason);
  const enhanced = /^\d{3}[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  if (enhanced !== undefined && DEAD_ADDRESS.has(enhanced)) return refused(reason, { suppress: 'address' });
  if (command === 'RCPT TO' && enhanced === undefined && (code === 551 || UNKNOWN_USER.test(response))) {
    return refused(reason, { suppress: 'address' });
  }
  // A sender that is not allowed would not be allowed for any other message; a message that is too large says nothing about others.
  const tooLarge = code === 552 || enhanced === '5.3.4';
  return command === 'MAIL FROM' && !tooLarge ? refused(reason, { channel: 'failing' }) : refused(reason);
}
