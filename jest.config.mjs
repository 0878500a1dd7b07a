// Jest runs the compiled output: what is tested is what ships, and no transformer is needed.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/platform', '<rootDir>/plugins', '<rootDir>/tenant-admin', '<rootDir>/test'],
  testMatch: ['**/dist/**/*.spec.js'],
  // These need real engines: jest.engines.config.mjs.
  testPathIgnorePatterns: ['/node_modules/', '\\.engines\\.spec\\.js$'],
  transform: {},
  testTimeout: 30_000,
  maxWorkers: 2,
};
