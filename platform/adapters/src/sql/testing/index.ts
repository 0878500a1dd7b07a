export { openTestDatabase } from './open-test-database.js';
export { openTestTenancy, type TestTenancy } from './open-test-tenancy.js';
