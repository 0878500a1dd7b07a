import type { JsonObject } from '@cdp/core/kernel';
import type { Redis } from 'ioredis';
import { RedisScript } from './redis-script.js';

/** Once more, after a job that is under way. */
export interface Again {
  runAt: number;
  payload: JsonObject;
}

/**
 * How it stands with a job: `absent`, `ending` when it is just finishing and cannot be told any more, and otherwise `heard`: it will
 * run, in time and after now.
 */
export type WakeState = 'absent' | 'ending' | 'heard';

/**
 * BullMQ keeps a job in a hash, with its lock beside it while it is under way, and delayed ones in a sorted set whose scores are
 * milliseconds in front of twelve bits that keep the order of adding; a marker says to waiting workers when the next is due. A job
 * that waits for a later time is brought forward here, in the step that finds it: its own command for that sets whatever time, and
 * of two who want it earlier the later one would win. What is ours is put in the hash and goes with it: `again`, and `ending` from when
 * a worker has looked for it for the last time.
 */
const LOOK = new RedisScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 'absent' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if score then
  local at = tonumber(ARGV[2])
  if math.floor(tonumber(score) / 4096) <= at then return 'heard' end
  local least, most = at * 4096, at * 4096 + 4095
  local last = redis.call('ZREVRANGEBYSCORE', KEYS[2], most, least, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  redis.call('ZADD', KEYS[2], last and math.min(tonumber(last) + 1, most) or least, ARGV[1])
  local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
  redis.call('ZADD', KEYS[3], tonumber(first) / 4096, '1')
  return 'heard'
end
if ARGV[4] == '0' or redis.call('EXISTS', KEYS[1] .. ':lock') == 0 then return 'heard' end
if redis.call('HEXISTS', KEYS[1], 'ending') == 1 then return 'ending' end
local known = redis.call('HGET', KEYS[1], 'again')
if not known or tonumber(string.match(known, '^%d+')) > tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'again', ARGV[2] .. ' ' .. ARGV[3])
end
return 'heard'
`);

const TAKE_AGAIN = new RedisScript(`
local again = redis.call('HGET', KEYS[1], 'again')
if again then
  redis.call('HDEL', KEYS[1], 'again')
elseif ARGV[1] == '1' and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'ending', '1')
end
return again
`);

/** Where BullMQ keeps the jobs of a queue. */
export interface QueueKeys {
  jobKey(id: string): string;
  delayed: string;
  marker: string;
}

/** Sees to it that a job that waits does so no longer than wanted; with `leaveWord`, one that is under way is told to run once more. */
export async function lookAt(
  redis: Redis,
  { jobKey, delayed, marker }: QueueKeys,
  id: string,
  { runAt, payload }: Again,
  leaveWord: boolean,
): Promise<WakeState> {
  const args = [id, Math.ceil(runAt), JSON.stringify(payload), leaveWord ? '1' : '0'];
  return String(await LOOK.run(redis, [jobKey(id), delayed, marker], args)) as WakeState;
}

/** What was said meanwhile to a job that is under way. With `last`, when nothing was, nothing can be from now on. */
export async function takeAgain(redis: Redis, jobKey: string, last: boolean): Promise<Again | undefined> {
  const text = (await TAKE_AGAIN.run(redis, [jobKey], [last ? '1' : '0'])) as Buffer | null;
  if (!text) return undefined;
  const [, runAt, payload] = /^(\d+) (.*)$/s.exec(text.toString()) as RegExpExecArray;
  return { runAt: Number(runAt), payload: JSON.parse(payload as string) };
}
