import { describe, expect, it } from '@jest/globals';
import { PinoLogger } from './pino-logger.js';
import { runInRequest } from './request-context.js';

function written(write: (logger: PinoLogger) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(new PinoLogger({ logLevel: 'info' }, { write: (line) => lines.push(line) }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] as string);
}

describe('a log line', () => {
  it('says when, how grave and what, with its fields', () => {
    const line = written((logger) => logger.info('Done', { count: 1, of: { many: 2 } }));
    expect(line).toEqual({ level: 'info', time: expect.any(String), message: 'Done', count: 1, of: { many: 2 } });
    expect(Math.abs(Date.parse(line.time as string) - Date.now())).toBeLessThan(60_000);
  });

  it('carries the ids of the request that it was written in', () => {
    const line = written((logger) =>
      runInRequest({ correlationId: 'c-1', tenantId: 't-1' }, () => logger.info('Within', { path: '/' })),
    );
    expect(line).toMatchObject({ correlationId: 'c-1', tenantId: 't-1', path: '/' });
  });

  it('keeps secrets to itself, two levels deep', () => {
    const fields = { token: 'abc', user: { name: 'Ann', password: 'xyz' }, config: { host: 'db' } };
    const line = written((logger) => logger.info('Login', fields));
    expect(line).toMatchObject({
      token: '[redacted]',
      user: { name: 'Ann', password: '[redacted]' },
      config: '[redacted]',
    });
    expect(fields.user.password).toBe('xyz');
  });

  it('shows an error with its cause, and nothing that a driver put on it', () => {
    const cause = Object.assign(new Error('refused'), { parameters: ['hunter2'] });
    const line = written((logger) => logger.error('Failed', { error: new Error('no database', { cause }) }));
    expect(line.error).toMatch(/no database[\s\S]*caused by Error: refused/);
    expect(JSON.stringify(line)).not.toContain('hunter2');
  });

  it('is not written below its level', () => {
    expect(() => written((logger) => logger.debug('Detail'))).toThrow();
  });
});
