/** Makes the addresses by which a message comes back to the platform. One for each message. */
export interface LinkTracker {
  /** The address that counts a click and leads on to `url`. */
  click(url: string): string;
  /** The address of the pixel that counts an open. */
  open(): string;
  /** True for the platform's own addresses, which are left as they are. */
  isOwn(url: string): boolean;
}

const LINK = /(<(?:a|area)\b[^>]*?\shref\s*=\s*)("[^"]*"|'[^']*')/gi;
const TEXT_URL = /\bhttps?:\/\/[^\s<>"']+/gi;
const HARMFUL = /^\s*(?:javascript|data|vbscript):/i;

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decode = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
        if (name !== undefined) return NAMED[name.toLowerCase()] as string;
        const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      })
    : text;

const encode = (url: string): string => url.replace(/&/g, '&amp;').replace(/"/g, '&quot;');

const PLAIN = /^https?:\/\/[\x21-\x7e]+$/i;

/** The address as a redirect can carry it: in ASCII, without blanks. Undefined for what is no http(s) address. */
function httpUrl(url: string): string | undefined {
  if (PLAIN.test(url)) return url;
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).href : undefined;
}

/** Leads every http(s) link of an HTML text through the platform. Addresses that run code, such as `javascript:`, are emptied. */
export function rewriteHtmlLinks(html: string, tracker: LinkTracker): string {
  return html.replace(LINK, (whole: string, before: string, quoted: string) => {
    const url = decode(quoted.slice(1, -1)).trim();
    if (HARMFUL.test(url)) return `${before}"#"`;
    const target = httpUrl(url);
    if (target === undefined || tracker.isOwn(url)) return whole;
    return `${before}"${encode(tracker.click(target))}"`;
  });
}

/** Empties addresses that run code, where links are not counted. */
export const disarmLinks = (html: string): string =>
  html.replace(LINK, (whole: string, before: string, quoted: string) =>
    HARMFUL.test(decode(quoted.slice(1, -1))) ? `${before}"#"` : whole,
  );

/** Leads every address in a plain text through the platform; a full stop or bracket after it is not part of it. */
export function rewriteTextLinks(text: string, tracker: LinkTracker): string {
  return text.replace(TEXT_URL, (found) => {
    let url = found;
    while (/[.,;:!?'")\]}]$/.test(url) && !(url.endsWith(')') && url.includes('('))) url = url.slice(0, -1);
    const target = httpUrl(url);
    if (target === undefined || tracker.isOwn(url)) return found;
    return tracker.click(target) + found.slice(url.length);
  });
}

/** Puts the pixel at the end of the body, where it is fetched last. */
export function addOpenPixel(html: string, tracker: LinkTracker): string {
  const pixel = `<img src="${encode(tracker.open())}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">`;
  const end = html.lastIndexOf('</body>');
  return end < 0 ? html + pixel : html.slice(0, end) + pixel + html.slice(end);
}

/** Cuts an HTML text where links and the pixel will make it different for each message. */
export const cutHtmlAtLinks = (html: string): string[] =>
  html.split(/(?<=\shref\s*=\s*)(?:"[^"]*"|'[^']*')|(?=<\/body>)/i);

export const cutTextAtLinks = (text: string): string[] => text.split(TEXT_URL);
