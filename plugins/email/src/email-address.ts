import { domainToASCII } from 'node:url';
import addressParser from 'nodemailer/lib/addressparser';

export interface Sender {
  name: string;
  address: string;
}

/** One address as it goes into an envelope: no quoted local parts, no literals, nothing that could end a header or a command. */
export function isEmailAddress(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.lastIndexOf('@');
  return at >= 1 && at <= 64 && LOCAL.test(text.slice(0, at)) && DOMAIN.test(text.slice(at + 1));
}

const LOCAL = /^[^\s\p{C}<>()[\],;:\\"@.]+(\.[^\s\p{C}<>()[\],;:\\"@.]+)*$/u;
const DOMAIN = /^([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)*[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u;

/** Reads `Shop <news@shop.example>` or a bare address; undefined when it is not exactly one. */
export function parseSender(text: string): Sender | undefined {
  if (/[\r\n]/.test(text)) return undefined;
  const [first, ...more] = addressParser(text, { flatten: true });
  if (!first || more.length > 0 || !isEmailAddress(first.address)) return undefined;
  return { name: first.name, address: first.address };
}

/** The address with its domain in ASCII (RFC 5891), which every mail server understands. */
export function asciiAddress(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  return address.slice(0, at) + (domainToASCII(address.slice(at)) || address.slice(at));
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
