/**
 * Makes what a provider said fit for an outcome: one line, 300 characters, and none of the secrets in it, should the provider have
 * echoed one.
 */
export function toReason(text: string, secrets: readonly string[] = []): string {
  let safe = text;
  for (const secret of secrets) if (secret.length >= 4) safe = safe.replaceAll(secret, '[secret]');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  safe = safe.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
  return safe.length > 300 ? `${safe.slice(0, 299)}…` : safe;
}
