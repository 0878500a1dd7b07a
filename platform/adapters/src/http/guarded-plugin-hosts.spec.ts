import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger, ManualClock, SilentLogger } from '@cdp/core/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GuardedHttp } from './guarded-http.js';
import { GuardedPluginHosts } from './guarded-plugin-hosts.js';

class KeepingLogger extends Logger {
  readonly lines: string[] = [];
  override debug(message: string, fields?: Record<string, unknown>): void {
    this.lines.push(JSON.stringify({ message, ...fields }));
  }
  override info = this.debug;
  override warn = this.debug;
  override error = this.debug;
}

describe('hosts of plugins', () => {
  let directory: string;
  let http: GuardedHttp;
  const clock = new ManualClock(1_000);
  const signal = new AbortController().signal;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hosts-'));
    http = new GuardedHttp({ privateNetwork: 'deny' });
  });
  afterEach(async () => {
    await http.close();
    await rm(directory, { recursive: true });
  });

  it('give each tenant and each plugin a directory of its own', () => {
    const hosts = new GuardedPluginHosts({ http, clock, logger: new SilentLogger(), directory });
    const of = (tenantId: string, plugin: string) =>
      hosts.hostFor({ tenantId, plugin, channel: plugin, signal }).directory ?? '';
    const all = [of('t1', 'email'), of('t2', 'email'), of('t1', 'sms')];
    expect(new Set(all).size).toBe(3);
    expect(all.every(existsSync)).toBe(true);
    expect(of('t1', 'email')).toBe(hosts.directoryOf('email', 't1'));
  });

  it.each(['..', '../t2', 'a/b', ''])('make no directory for %j', (tenantId) => {
    const hosts = new GuardedPluginHosts({ http, clock, logger: new SilentLogger(), directory });
    expect(() => hosts.hostFor({ tenantId, plugin: 'email', channel: 'email', signal })).toThrow(/path/);
  });

  it('have no directory where there is no disk', () => {
    const hosts = new GuardedPluginHosts({ http, clock, logger: new SilentLogger() });
    expect(hosts.hostFor({ tenantId: 't1', plugin: 'email', channel: 'email', signal })).not.toHaveProperty(
      'directory',
    );
  });

  it('lead outside through the guard, within the time of the call', async () => {
    const hosts = new GuardedPluginHosts({ http, clock, logger: new SilentLogger() });
    const host = hosts.hostFor({ tenantId: 't1', plugin: 'webhook', channel: 'webhook', signal });
    await expect(host.fetch('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'refused' });
    await expect(host.resolve('localhost')).rejects.toMatchObject({ code: 'refused' });
    const over = hosts.hostFor({ tenantId: 't1', plugin: 'webhook', channel: 'webhook', signal: AbortSignal.abort() });
    await expect(over.fetch('http://example.org/')).rejects.toMatchObject({ code: 'aborted', mayHaveArrived: false });
    expect(host.clock.now()).toBe(1_000);
  });

  it('log where a line comes from, and no secret wherever a plugin puts it', () => {
    const logger = new KeepingLogger();
    const hosts = new GuardedPluginHosts({ http, clock, logger });
    const host = hosts.hostFor({ tenantId: 't1', plugin: 'email', channel: 'email', signal, secrets: ['s3cret'] });
    host.logger.warn('login with s3cret', { error: new Error('535 s3cret'), deep: { a: ['s3cret'] }, tries: 2 });
    expect(JSON.parse(logger.lines[0] ?? '')).toMatchObject({ plugin: 'email', tenantId: 't1', tries: 2 });
    expect(logger.lines[0]).not.toContain('s3cret');
  });
});
