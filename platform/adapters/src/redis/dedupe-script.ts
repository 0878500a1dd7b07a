import type { Redis } from 'ioredis';
import { RedisScript } from './redis-script.js';

export const ID_BYTES = 16;
export const PLACE_BYTES = 14;

/**
 * How ids lie in Redis: in generations, one for each span of acceptance time; a generation in buckets, so many that each is a hash of
 * some fifty ids, which Redis keeps as one flat list at a fifth of what a key of its own would take. The first three bytes of an
 * id choose the bucket, the others are the field, the place where it was first seen is the value.
 *
 * One hash tells of all: `g<start>` of a generation its number, span, buckets and ids, `p<partition>` where a partition is,
 * `d<number>` of a generation that is being removed its buckets and how many of them are gone, and `n` the last number given.
 */
const GENERATIONS = `
local call, byte, sub = redis.call, string.byte, string.sub
local base = KEYS[1]
local generations, times, removing = {}, {}, {}
local flat = call('HGETALL', base)
for i = 1, #flat, 2 do
  local kind, name, value = sub(flat[i], 1, 1), tonumber(sub(flat[i], 2)), flat[i + 1]
  if kind == 'g' then
    local number, span, buckets, count = string.match(value, '(%d+) (%d+) (%d+) (%d+)')
    generations[#generations + 1] = {
      start = name, number = number, span = tonumber(span), buckets = tonumber(buckets), count = tonumber(count)
    }
  elseif kind == 'p' then
    times[name] = tonumber(value)
  elseif kind == 'd' then
    local buckets, gone = string.match(value, '(%d+) (%d+)')
    removing[#removing + 1] = { number = name, buckets = tonumber(buckets), gone = tonumber(gone) }
  end
end
-- A later first occurrence stands in for an earlier one.
local function newestFirst(a, b) return a.start > b.start end
table.sort(generations, newestFirst)

local function bucketOf(generation, id)
  local one, two, three = byte(id, 1, 3)
  return base .. ':' .. generation.number .. ':' .. (one * 65536 + two * 256 + three) % generation.buckets
end
local function note(generation)
  call('HSET', base, string.format('g%.0f', generation.start), string.format('%s %.0f %.0f %.0f',
    generation.number, generation.span, generation.buckets, generation.count))
end
local function opened(start, span, expected)
  local before
  for _, generation in ipairs(generations) do
    if generation.start == start then return generation end
    if generation.start < start and not before then before = generation end
  end
  -- As many ids as the last one had, and a fourth more, in buckets of 48.
  local count = before and before.count * 1.25 or expected
  local buckets = math.min(16777216, math.max(256, math.ceil(count / 48)))
  local generation = { start = start, number = tostring(call('HINCRBY', base, 'n', 1)), span = span, buckets = buckets, count = 0 }
  table.insert(generations, generation)
  table.sort(generations, newestFirst)
  return generation
end
`;

/**
 * Arguments: start and span of the generation that the entries belong to, the window, the ids expected of a generation, windows for which
 * a partition may hold others back, buckets removed at a time, how many entries, their ids, their places, and pairs of partition and time.
 * Answers, for each entry that is there already, its index and where it was first seen.
 */
const CLAIM = new RedisScript(`${GENERATIONS}
local start, span, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held, atOnce, size = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local ids, places = ARGV[8], ARGV[9]
local own = opened(start, span, tonumber(ARGV[4]))

local near = {}
for _, generation in ipairs(generations) do
  if generation.start + generation.span > start - window and generation.start <= start + span + window then
    near[#near + 1] = generation
  end
end
local answers = {}
for i = 0, size - 1 do
  local id = sub(ids, i * ${ID_BYTES} + 1, (i + 1) * ${ID_BYTES})
  local field = sub(id, 4)
  local known
  for n = 1, #near do
    known = call('HGET', bucketOf(near[n], id), field)
    if known then break end
  end
  if known then
    answers[#answers + 1] = i
    answers[#answers + 1] = known
  else
    call('HSET', bucketOf(own, id), field, sub(places, i * ${PLACE_BYTES} + 1, (i + 1) * ${PLACE_BYTES}))
    own.count = own.count + 1
  end
end
note(own)

for i = 10, #ARGV, 2 do
  times[tonumber(ARGV[i])] = tonumber(ARGV[i + 1])
  call('HSET', base, 'p' .. ARGV[i], ARGV[i + 1])
end
local first, last
for _, time in pairs(times) do
  first = math.min(first or time, time)
  last = math.max(last or time, time)
end
local horizon = first and math.max(first, last - held * window) - window
for _, generation in ipairs(generations) do
  if horizon and generation ~= own and generation.start + generation.span <= horizon then
    call('HDEL', base, string.format('g%.0f', generation.start))
    call('HSET', base, 'd' .. generation.number, string.format('%.0f 0', generation.buckets))
    removing[#removing + 1] = { number = generation.number, buckets = generation.buckets, gone = 0 }
  end
end
-- A piece with each call: nobody waits for all of it.
local going = removing[1]
if going then
  local to = math.min(going.buckets, going.gone + atOnce)
  local keys = {}
  for bucket = going.gone, to - 1 do keys[#keys + 1] = base .. ':' .. going.number .. ':' .. bucket end
  if #keys > 0 then call('UNLINK', unpack(keys)) end
  if to == going.buckets then
    call('HDEL', base, 'd' .. going.number)
  else
    call('HSET', base, 'd' .. going.number, string.format('%.0f %.0f', going.buckets, to))
  end
end
return answers
`);

/**
 * Arguments: an id, and to put another place for it: the place that it is to take the place of, its own, start and span of the
 * generation that it belongs to, and the ids expected of one. Answers the place that is there.
 */
const FIND_OR_REPLACE = new RedisScript(`${GENERATIONS}
local id = ARGV[1]
local field = sub(id, 4)
local known
for _, generation in ipairs(generations) do
  known = call('HGET', bucketOf(generation, id), field)
  if known then break end
end
if not ARGV[2] or (known and known ~= ARGV[2]) then return known end
local own = opened(tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))
own.count = own.count + call('HSET', bucketOf(own, id), field, ARGV[3])
note(own)
return ARGV[3]
`);

export interface Generation {
  /** Epoch milliseconds. */
  start: number;
  spanMs: number;
  /** Ids that the first one will have, as far as anybody can tell. */
  expected: number;
}

export interface ClaimPart {
  generation: Generation;
  windowMs: number;
  /** Windows for which a partition that stands still holds back what the others are done with. */
  windowsHeld: number;
  bucketsRemovedAtOnce: number;
  ids: readonly Buffer[];
  places: readonly Buffer[];
  /** The newest acceptance of each partition. */
  times: ReadonlyMap<number, number>;
}

/** Claims all of a part in one step. Answers where each was seen before, in the order of the ids. */
export async function claimPart(redis: Redis, base: string, part: ClaimPart): Promise<(Buffer | undefined)[]> {
  const { generation, windowMs, windowsHeld, bucketsRemovedAtOnce, ids, places, times } = part;
  const flat = (await CLAIM.run(
    redis,
    [base],
    [
      generation.start,
      generation.spanMs,
      windowMs,
      generation.expected,
      windowsHeld,
      bucketsRemovedAtOnce,
      ids.length,
      Buffer.concat(ids),
      Buffer.concat(places),
      ...[...times].flat(),
    ],
  )) as (number | Buffer)[];
  const known = new Array<Buffer | undefined>(ids.length).fill(undefined);
  for (let at = 0; at < flat.length; at += 2) known[flat[at] as number] = flat[at + 1] as Buffer;
  return known;
}

export async function findPlace(redis: Redis, base: string, id: Buffer): Promise<Buffer | null> {
  return (await FIND_OR_REPLACE.run(redis, [base], [id])) as Buffer | null;
}

/** Puts `own` where `known` was, unless another was quicker; answers which place is there now. */
export async function replacePlace(
  redis: Redis,
  base: string,
  id: Buffer,
  [known, own]: readonly [Buffer, Buffer],
  { start, spanMs, expected }: Generation,
): Promise<Buffer> {
  return (await FIND_OR_REPLACE.run(redis, [base], [id, known, own, start, spanMs, expected])) as Buffer;
}
