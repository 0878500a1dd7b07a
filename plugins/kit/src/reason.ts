/**
 * Makes what a provider said fit for an outcome: one line, 300 characters at most. A provider may echo what it was sent, so what must
 * not be kept is taken out: secrets of the configuration, and what is personal in the message, such as its address. Values of fewer
 * than three characters stay.
 */
export function toReason(text: string, hidden: readonly string[] = []): string {
  let safe = text;
  for (const value of hidden) if (value.length >= 3) safe = safe.replaceAll(value, '[hidden]');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  safe = safe.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
  return safe.length > 300 ? `${safe.slice(0, 299)}…` : safe;
}
