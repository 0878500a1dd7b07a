import { parseDuration } from '../kernel/index.js';
import { at, item, type RuleMistakes } from './rule-mistakes.js';
import { MAX_DURATION_MS, parseTime } from './rule-time.js';

const EXAMPLE = 'a duration such as 30d, 12h, 15m, 10s or 2w, at most 36500d';

function duration(value: unknown, path: string, mistakes: RuleMistakes): number | undefined {
  const ms = typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined && ms <= MAX_DURATION_MS) return ms;
  mistakes.add(path, `This must be ${EXAMPLE}.`);
  return undefined;
}

function time(value: unknown, path: string, mistakes: RuleMistakes): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === 'string' ? parseTime(value) : undefined;
  if (ms === undefined) mistakes.add(path, 'This must be an RFC 3339 time such as 2026-01-31T09:00:00Z.');
  return ms;
}

/** `within` of a condition on events. */
export function checkWindow(value: unknown, path: string, mistakes: RuleMistakes): void {
  const window = mistakes.object(value, path, 'A window');
  if (window === undefined) return;
  if ('last' in window) {
    mistakes.onlyKeys(window, path, ['last']);
    if (duration(window.last, at(path, 'last'), mistakes) === 0)
      mistakes.add(at(path, 'last'), 'A window must be longer than nothing.');
    return;
  }
  if ('between' in window) {
    mistakes.onlyKeys(window, path, ['between']);
    const bounds = window.between;
    const where = at(path, 'between');
    if (!Array.isArray(bounds) || bounds.length !== 2) {
      mistakes.add(where, 'This must be two durations, the longer one first, such as ["60d", "30d"].');
      return;
    }
    const start = duration(bounds[0], item(where, 0), mistakes);
    const end = duration(bounds[1], item(where, 1), mistakes);
    if (start !== undefined && end !== undefined && start <= end)
      mistakes.add(where, 'The longer duration must come first: the window starts longer ago than it ends.');
    return;
  }
  mistakes.onlyKeys(window, path, ['last', 'between', 'from', 'to']);
  if (!('from' in window) && !('to' in window)) {
    mistakes.add(path, 'A window is {last}, {between: [start, end]}, or {from, to} with at least one of the two.');
    return;
  }
  const from = time(window.from, at(path, 'from'), mistakes);
  const to = time(window.to, at(path, 'to'), mistakes);
  if (from !== undefined && to !== undefined && from >= to) mistakes.add(path, 'from must be before to.');
}
