const ENGINES = {
  CDP_MYSQL_URL: 'mysql',
  CDP_REDIS_URL: 'redis',
  CDP_KAFKA_BROKERS: 'kafka',
  CDP_ELASTICSEARCH_URL: 'elasticsearch',
} as const;

/** Where a spec finds a real engine; throws with the command that brings it when the setting is not there. */
export function engineAddress(setting: keyof typeof ENGINES): string {
  const address = process.env[setting];
  if (address) return address;
  throw new Error(
    `${setting} is not set. Run npm run test:engines, or npm run engines:up -- ${ENGINES[setting]} and export what it prints.`,
  );
}
