import {
  type HostError,
  type HostResponse,
  later,
  type Outcome,
  refused,
  retryAfterMs,
  sent,
  toReason,
  unknown,
} from '@cdp/plugin-kit';

/** Longer waits than a day are a mistake at the other end. */
const LONGEST_WAIT_MS = 86_400_000;

/** Failures that lie with the settings or the state of the endpoint: mended, it would take this very message. */
const ENDPOINT_TROUBLE = new Set([401, 403, 404, 405, 407, 408, 425, 429]);

/** Reads an answer by the rules of Standard Webhooks: 2xx alone is success, 410 asks never to be called again. */
export function outcomeOfResponse(response: HostResponse, now: number, hidden: readonly string[]): Outcome {
  const { status } = response;
  if (status >= 200 && status < 300) return sent();
  const said = toReason(response.text().slice(0, 10_000), hidden);
  const reason = toReason(said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`);
  if (status === 410) return refused(reason, { channel: 'gone' });
  if (status >= 300 && status < 400)
    return refused(`HTTP ${status}: redirects are not followed; enter the final URL.`, { channel: 'failing' });
  if (status >= 500 || ENDPOINT_TROUBLE.has(status)) {
    const asked = retryAfterMs(response.headers['retry-after'], now);
    return later(reason, {
      channel: 'failing',
      ...(asked !== undefined && { afterMs: Math.min(asked, LONGEST_WAIT_MS) }),
    });
  }
  return refused(reason);
}

/** Reads a failure to get an answer. */
export function outcomeOfHostError(error: HostError, hidden: readonly string[]): Outcome {
  const reason = toReason(error.message, hidden);
  if (error.mayHaveArrived) return unknown(reason, { channel: 'failing' });
  if (error.code === 'refused') return refused(reason, { channel: 'failing' });
  return error.code === 'aborted' ? later(reason) : later(reason, { channel: 'failing' });
}
