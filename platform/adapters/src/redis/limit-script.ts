import type { Redis } from 'ioredis';
import { RedisScript, type ScriptArgument } from './redis-script.js';

/** One question about a limit, or one report of units that went without a question. */
export interface LimitAsk {
  /** `bucket` leaks evenly, `quota` counts in windows from the epoch on, `report` corrects a quota by `units`, which may be negative. */
  kind: 'bucket' | 'quota' | 'report';
  key: string;
  now: number;
  /** Granted together or not at all. */
  units: number;
  /** More units that are taken along where there is room. */
  extra: number;
  limit: number;
  windowMs: number;
  /** For a report: the start of the window that it is about. */
  start?: number;
  /** Names a report, so that one that is told again counts once. */
  token?: string;
}

export interface LimitAnswer {
  /** Units taken, `extra` among them; -1 when refused. */
  granted: number;
  /** Milliseconds until it will fit, when refused. */
  retryMs: number;
  used: number;
  /** Of the quota's window. */
  start: number;
}

/**
 * The rule is that of the embedded limiter. A clock that is behind another's leaks nothing and opens no window again. What is
 * taken along of a quota becomes less towards its end, so that what lies with one process is no loss to the others.
 */
const SCRIPT = new RedisScript(`
local answers = {}
local rounding = 1e-6
for i = 1, #KEYS do
  local at = (i - 1) * 8
  local kind = ARGV[at + 1]
  local now, units, extra = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local limit, window, start = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
  local stored = redis.call('GET', KEYS[i])
  local state = stored and cmsgpack.unpack(stored)
  local token = ARGV[at + 8]
  if token ~= '' and not redis.call('SET', KEYS[i] .. '!' .. token, '', 'NX', 'PX', 3600000) then units = 0 end
  local granted, retry, used = -1, 0, 0
  if kind == 'b' then
    local level, since = 0, now
    if state then
      since = math.max(now, state[2])
      level = math.max(0, state[1] - (since - state[2]) * state[3] / window)
    end
    if level + units > limit + rounding then
      local excess = level + units - limit
      retry = window
      if limit > 0 and excess <= level then retry = excess * window / limit end
    else
      granted = math.max(units, math.min(units + extra, math.floor(limit - level)))
      level = level + granted
      if granted > 0 then
        redis.call('SET', KEYS[i], cmsgpack.pack({level, since, limit}), 'PX', math.ceil(window) + 60000)
      end
    end
    used = math.ceil(level - rounding)
    start = 0
  else
    local current = math.floor(now / window) * window
    if kind == 'r' then current = start end
    if state and state[2] >= current then
      used = state[1]
      start = state[2]
    else
      start = current
    end
    if kind == 'r' then
      granted = 0
      if start == current then
        used = math.max(0, used + units)
        granted = units
      end
    elseif used + units > limit then
      retry = start + window - now
    else
      granted = units + math.floor(math.min(extra, (limit - used - units) / 16))
      used = used + granted
    end
    if granted > 0 or (kind == 'r' and units ~= 0) then
      redis.call('SET', KEYS[i], cmsgpack.pack({used, start}), 'PX', math.ceil(window * 2))
    end
  end
  answers[i * 4 - 3] = granted
  answers[i * 4 - 2] = math.ceil(retry)
  answers[i * 4 - 1] = used
  answers[i * 4] = start
end
return answers
`);

const LETTERS = { bucket: 'b', quota: 'q', report: 'r' } as const;

/** Asks all of it in one step, in its order. */
export async function askLimits(redis: Redis, asks: readonly LimitAsk[]): Promise<LimitAnswer[]> {
  const keys = asks.map(({ key }) => key);
  const args: ScriptArgument[] = [];
  for (const { kind, now, units, extra, limit, windowMs, start, token } of asks)
    args.push(LETTERS[kind], now, units, extra, limit, windowMs, start ?? 0, token ?? '');
  const figures = (await SCRIPT.run(redis, keys, args)) as number[];
  return asks.map((_, index) => {
    const [granted = -1, retryMs = 0, used = 0, start = 0] = figures.slice(index * 4, index * 4 + 4);
    return { granted, retryMs, used, start };
  });
}
