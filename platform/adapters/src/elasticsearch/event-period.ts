const FIRST = Date.UTC(2000, 0, 1);
const LAST = Date.UTC(2099, 11, 31);
const AHEAD_MS = 31 * 86_400_000;

/**
 * Which index an event is in: that of its month, `YYYYMM`. Senders may claim any time, and an index costs the cluster whether there
 * is much in it or not. So events of years before the one before they were received are in an index of their year, `YYYY`, and
 * what claims to be of a later time than a month after that in the last index of that time: whatever is sent, at most two
 * years and a month of months are being written, and a few dozen years. Told from the event alone, so that a replay finds it again.
 */
export function periodOf(timestamp: number, receivedAt: number): string {
  const received = within(receivedAt, FIRST, LAST);
  const date = new Date(within(timestamp, FIRST, Math.min(received + AHEAD_MS, LAST)));
  const year = date.getUTCFullYear();
  if (year < new Date(received).getUTCFullYear() - 1) return `${year}`;
  return `${year}${String(date.getUTCMonth() + 1).padStart(2, '0')}`;
}

/** Epoch milliseconds at which the period ends; undefined for what is none. */
export function endOfPeriod(period: string): number | undefined {
  const match = /^(\d{4})(\d{2})?$/.exec(period);
  if (!match) return undefined;
  const year = Number(match[1]);
  return match[2] === undefined ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, Number(match[2]), 1);
}

const within = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
