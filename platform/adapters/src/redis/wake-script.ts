import type { JsonObject } from '@cdp/core/kernel';
import type { Redis } from 'ioredis';
import { RedisScript } from './redis-script.js';

/** Once more, after a job that is under way. */
export interface Again {
  runAt: number;
  payload: JsonObject;
}

/**
 * How it stands with a job: `absent`, `later` when it waits for a later time than is wanted, `ending` when it is just finishing and
 * cannot be told any more, and otherwise `heard`: it will run, in time and after now.
 */
export type WakeState = 'absent' | 'later' | 'ending' | 'heard';

/**
 * BullMQ keeps a job in a hash, with its lock beside it while it is under way, and delayed ones in a sorted set whose scores are
 * milliseconds in front of twelve bits. What is ours is put in the hash and goes with it: `again`, and `ending` from when a
 * worker has looked for it for the last time.
 */
const LOOK = new RedisScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 'absent' end
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if score then
  if math.floor(tonumber(score) / 4096) > tonumber(ARGV[2]) then return 'later' end
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
}

/** Looks how it stands with a job; with `leaveWord`, one that is under way is told to run once more. */
export async function lookAt(
  redis: Redis,
  { jobKey, delayed }: QueueKeys,
  id: string,
  { runAt, payload }: Again,
  leaveWord: boolean,
): Promise<WakeState> {
  const args = [id, Math.ceil(runAt), JSON.stringify(payload), leaveWord ? '1' : '0'];
  return String(await LOOK.run(redis, [jobKey(id), delayed], args)) as WakeState;
}

/** What was said meanwhile to a job that is under way. With `last`, when nothing was, nothing can be from now on. */
export async function takeAgain(redis: Redis, jobKey: string, last: boolean): Promise<Again | undefined> {
  const text = (await TAKE_AGAIN.run(redis, [jobKey], [last ? '1' : '0'])) as Buffer | null;
  if (!text) return undefined;
  const [, runAt, payload] = /^(\d+) (.*)$/s.exec(text.toString()) as RegExpExecArray;
  return { runAt: Number(runAt), payload: JSON.parse(payload as string) };
}
