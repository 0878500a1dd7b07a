const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Puts a line at the head of the body that inboxes show behind the subject and readers do not see. The run of zero-width and
 * no-break spaces after it keeps the body's own first words out of that line.
 */
export function insertPreheader(html: string, preheader: string): string {
  const text = preheader.replace(/[&<>"]/g, (character) => ESCAPES[character] as string);
  const hidden = `<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px">${text}${'&zwnj;&nbsp;'.repeat(60)}</div>`;
  const body = /<body\b[^>]*>/i.exec(html);
  if (!body) return hidden + html;
  const end = body.index + body[0].length;
  return html.slice(0, end) + hidden + html.slice(end);
}
