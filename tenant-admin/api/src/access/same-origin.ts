import { CdpError } from '@cdp/core/kernel';
import { type HttpRequest, headerOf, isSafe } from './http.js';

/**
 * A browser sends the cookie along with what another site makes it send. A change is taken by cookie only when the browser says that
 * our own page asked for it (`Origin`, `Sec-Fetch-Site`), or when it carries a header that other sites cannot set without being
 * allowed to. SameSite=Lax on the cookie is the first line; this holds where that does not.
 */
export function requireSameOrigin(request: HttpRequest, publicUrl: string): void {
  if (isSafe(request.method)) return;
  const origin = headerOf(request, 'origin');
  if (origin !== undefined) {
    if (origin === new URL(publicUrl).origin || origin === `${request.protocol}://${request.host}`) return;
  } else if (
    headerOf(request, 'sec-fetch-site') === 'same-origin' ||
    headerOf(request, 'x-requested-with') !== undefined
  )
    return;
  throw new CdpError(
    'forbidden',
    'A change by session cookie has to come from the console: send Origin, or the header X-Requested-With, or use a Bearer token.',
  );
}
