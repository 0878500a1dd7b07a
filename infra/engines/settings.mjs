// Everything that can be set about the engines at hand; the README beside this file lists it.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const { env } = process;

function port(name, preset) {
  const value = Number(env[name] || preset);
  if (!Number.isInteger(value) || value < 1 || value > 65_000)
    throw new Error(`${name}: write a port between 1 and 65000, not ${env[name]}`);
  return value;
}

function megabytes(name, preset) {
  const value = Number(env[name] || preset);
  if (!Number.isInteger(value) || value < 16) throw new Error(`${name}: write whole megabytes, at least 16`);
  return value;
}

function choice(name, ...choices) {
  const value = env[name] || choices[0];
  if (!choices.includes(value)) throw new Error(`${name}: write ${choices.join(' or ')}, not ${value}`);
  return value;
}

/** Loopback only: these engines have no passwords worth the name. */
export const HOST = '127.0.0.1';

export const settings = {
  /** One set of engines a person, whichever checkout asks for them. */
  folder: resolve(env.ENGINES_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdp-engines')),
  home: choice('ENGINES_HOME', 'auto', 'docker', 'packages'),
  /** Of Docker's compose: another name is another set of engines, with data of its own. */
  project: env.ENGINES_PROJECT || 'cdp-engines',
  javaHome: env.ENGINES_JAVA_HOME || undefined,
  mysql: { port: port('ENGINES_MYSQL_PORT', 13306), memoryMb: megabytes('ENGINES_MYSQL_MEMORY_MB', 256) },
  redis: { port: port('ENGINES_REDIS_PORT', 16379), memoryMb: megabytes('ENGINES_REDIS_MEMORY_MB', 256) },
  kafka: { port: port('ENGINES_KAFKA_PORT', 19092), memoryMb: megabytes('ENGINES_KAFKA_MEMORY_MB', 512) },
  elasticsearch: {
    port: port('ENGINES_ELASTICSEARCH_PORT', 19200),
    memoryMb: megabytes('ENGINES_ELASTICSEARCH_MEMORY_MB', 1024),
  },
};
