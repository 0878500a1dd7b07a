import { afterAll } from '@jest/globals';
import { dropDatabases } from './mysql-databases.js';

afterAll(dropDatabases);

export { mysqlHome } from './mysql-databases.js';
