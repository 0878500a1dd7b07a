// The specs that run on real engines, whose addresses are in the settings CDP_MYSQL_URL and so on.
import base from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['**/dist/**/*.engines.spec.js'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
