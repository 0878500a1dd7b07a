import { Logger } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openRedis } from './open-redis.js';
import { RedisConnection } from './redis-connection.js';
import { type OwnRedis, ownRedis, type RedisHome, redisHome } from './testing/index.js';

class Lines extends Logger {
  readonly lines: string[] = [];
  readonly #write = (message: string, fields?: Record<string, unknown>) => {
    this.lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  override debug = this.#write;
  override info = this.#write;
  override warn = this.#write;
  override error = this.#write;
}

describe('a connection to Redis', () => {
  let home: RedisHome;
  let logger: Lines;
  beforeEach(() => {
    home = redisHome();
    logger = new Lines();
  });
  afterEach(() => home.remove());

  it('is refused where the address is none, without repeating it', () => {
    for (const url of ['', 'localhost:6379', 'http://h', 'redis://:secret@', 'redis://:secret@h/first'])
      expect(() => new RedisConnection({ url, logger })).toThrow(expect.objectContaining({ code: 'invalid' }));
    for (const url of ['redis://:secret@', 'redis://:secret@h/first'])
      expect(() => new RedisConnection({ url, logger })).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('secret') }),
      );
  });

  it('goes on without a server that is away, and says so', async () => {
    const redis = await openRedis({ url: 'redis://:secret@127.0.0.1:1', logger, openTimeoutMs: 50 });
    expect(redis.connected).toBe(false);
    await expect(redis.run((client) => client.ping())).rejects.toMatchObject({ code: 'unavailable' });
    expect(logger.lines).toEqual([expect.stringContaining('Redis is away')]);
    expect(logger.lines.join()).not.toContain('secret');
    await redis.close();
  });

  it('refuses more than may wait at once', async () => {
    const redis = await home.open({ maxPending: 2 });
    // Behind the question about settings, that is asked when it comes up.
    await redis.run((client) => client.ping());
    const pings = Array.from({ length: 3 }, () => redis.run((client) => client.ping()));
    expect((await Promise.allSettled(pings)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(await redis.run((client) => client.ping())).toBe('PONG');
  });

  it('tells a command that is refused from a server that is away, and no arguments of either', async () => {
    const redis = await home.open();
    await redis.run((client) => client.set(`${home.prefix}text`, 'a'));
    const wrong = redis.run((client) => client.lpush(`${home.prefix}text`, 'secret'));
    await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining('WRONGTYPE') });
    await expect(wrong).rejects.not.toHaveProperty('code');
    const unknown = redis.run((client) => client.call('NOCOMMAND', 'secret'));
    await expect(unknown).rejects.toMatchObject({ message: expect.not.stringContaining('secret') });
    for (const refused of [wrong, unknown])
      await refused.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain('secret'));
  });

  it('is refused work when it is closed', async () => {
    const redis = await home.open();
    await redis.close();
    await redis.close();
    await expect(redis.run((client) => client.ping())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the settings of a Redis', () => {
  let server: OwnRedis;
  beforeEach(async () => {
    server = await ownRedis();
  });
  afterEach(() => server.remove());

  it('are complained of when they would lose something, and only then', async () => {
    const logger = new Lines();
    const warn = jest.spyOn(logger, 'warn');
    const reopen = async () => {
      const redis = await openRedis({ url: server.url, logger });
      // Behind the question that was asked when it came up.
      await redis.run((client) => client.ping());
      await new Promise(setImmediate);
      return redis;
    };
    const first = await reopen();
    expect(warn).not.toHaveBeenCalled();
    for (const [name, value] of [
      ['appendfsync', 'everysec'],
      ['maxmemory-policy', 'allkeys-lru'],
    ] as const)
      await first.run((client) => client.config('SET', name, value));
    await first.close();
    await (await reopen()).close();
    expect(logger.lines.filter((line) => /appendfsync|maxmemory-policy/.test(line))).toHaveLength(2);
    const last = await openRedis({ url: server.url, logger });
    await last.run((client) => client.config('SET', 'appendonly', 'no'));
    await last.close();
    await (await reopen()).close();
    expect(logger.lines.filter((line) => line.includes('appendonly is off'))).toHaveLength(1);
  });
});
