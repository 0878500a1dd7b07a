import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './config.js';

const mistakesOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
};

describe('configuration', () => {
  it('needs nothing', () => {
    const config = loadConfig({});
    expect(config.http).toMatchObject({ port: 3000, host: '127.0.0.1', trustedProxies: [] });
    expect(config.roles).toContain('ingest');
    expect(config.ingest).toMatchObject({ maxEventBytes: 32_768, maxRequestBytes: 4_194_304, maxBatchEvents: 2_500 });
  });

  it('counts an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', CDP_PUBLIC_URL: '' }).http.port).toBe(3000);
  });

  it('reports all mistakes of all concerns together, with variable and mend', () => {
    const mistakes = mistakesOf({
      PORT: '70000',
      CDP_LOG_LEVEL: 'loud',
      CDP_INGEST_MAX_EVENT: '32',
      CDP_PUBLIC_URL: 'ftp://x',
    });
    expect(mistakes).toHaveLength(4);
    expect(mistakes.join('\n')).toContain('PORT: write a whole number from 0 to 65535 (found: "70000")');
    expect(mistakes.join('\n')).toContain('CDP_INGEST_MAX_EVENT: write a size such as 32KB or 4MB');
  });

  it('does not repeat a secret in its complaint', () => {
    const [mistake] = mistakesOf({ CDP_MASTER_KEY: 'too-short-but-secret' });
    expect(mistake).toContain('CDP_MASTER_KEY: write 32 bytes as base64');
    expect(mistake).not.toContain('too-short-but-secret');
  });

  it('refuses a misspelt setting', () => {
    expect(mistakesOf({ CDP_ROLE: 'all' })[0]).toMatch(/^CDP_ROLE: no such setting/);
  });

  it('takes the production engines together, with any of the roles', () => {
    const engines = {
      CDP_MYSQL_URL: 'mysql://cdp:secret-1@db:3306/cdp',
      CDP_KAFKA_BROKERS: 'kafka-1:9092, kafka-2:9092',
      CDP_ELASTICSEARCH_URL: 'https://elastic:secret-2@search:9200',
      CDP_REDIS_URL: 'rediss://:secret-3@cache:6379/1',
    };
    expect(loadConfig({}).engines).toBeUndefined();
    const { engines: read, roles } = loadConfig({ ...engines, CDP_ROLES: 'ingest,track', CDP_ENGINES_PREFIX: 'eu' });
    expect(read?.kafka).toMatchObject({ brokers: ['kafka-1:9092', 'kafka-2:9092'], tls: false, sasl: undefined });
    expect([read?.prefix, roles]).toEqual(['eu.', ['ingest', 'track']]);
    const { CDP_REDIS_URL: _, ...without } = engines;
    expect(mistakesOf(without)).toEqual([expect.stringMatching(/^CDP_REDIS_URL: is missing.*together/)]);
    expect(mistakesOf({ ...engines, CDP_KAFKA_SASL: 'plain' })).toEqual([
      expect.stringMatching(/^CDP_KAFKA_USERNAME: is needed/),
      expect.stringMatching(/^CDP_KAFKA_PASSWORD: is needed/),
    ]);
    const wrong = mistakesOf({ ...engines, CDP_MYSQL_URL: 'postgres://cdp:secret-1@db/cdp', CDP_ROLES: 'ingest' });
    expect(wrong).toEqual([expect.stringMatching(/^CDP_MYSQL_URL: write mysql:/)]);
    expect(wrong.join()).not.toContain('secret');
  });

  it('refuses a subset of roles on the embedded stores, and an unknown role by name', () => {
    expect(mistakesOf({ CDP_ROLES: 'ingest,process' })[0]).toMatch(/one process.*CDP_ROLES=all/);
    expect(mistakesOf({ CDP_ROLES: 'ingest,cook' })[0]).toContain('write all, or some of ingest, process');
  });

  it('takes kinds of channels for a process of several, and refuses them on the embedded stores', () => {
    const channels = { CDP_DELIVER_CHANNELS: 'email, in-app,email' };
    expect(mistakesOf(channels)[0]).toMatch(/one process.*CDP_DELIVER_CHANNELS=all.*email, in-app/);
    expect(mistakesOf({ CDP_DELIVER_CHANNELS: 'E-Mail' })[0]).toContain('write all, or kinds of channels');
    const engines = {
      CDP_MYSQL_URL: 'mysql://u@h/d',
      CDP_KAFKA_BROKERS: 'h:9092',
      CDP_ELASTICSEARCH_URL: 'http://h:9200',
      CDP_REDIS_URL: 'redis://h',
    };
    expect(loadConfig({ ...engines, ...channels }).delivery.channels).toEqual(['email', 'in-app']);
    expect(loadConfig(engines).delivery.channels).toBeUndefined();
  });

  it('reads the master key in base64', () => {
    expect(loadConfig({ CDP_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }).data.masterKey).toHaveLength(32);
  });
});
