import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Sequelize } from 'sequelize';
import { SqlDatabase } from './database.js';
import type { SqliteOptions } from './sqlite-connection.js';
import { SqliteDialect } from './sqlite-dialect.js';

/** Opens, or makes, the database file. One process at a time: the file is the memory of an embedded platform. */
export function openSqlite(options: SqliteOptions): SqlDatabase {
  if (options.file === ':memory:') throw new Error('A database needs a file: connections do not share memory.');
  mkdirSync(dirname(options.file), { recursive: true });
  const dialect = new SqliteDialect(options);
  const sequelize = new Sequelize({
    dialect: 'sqlite',
    dialectModule: dialect.module,
    dialectOptions: { mode: 2 },
    storage: options.file,
    logging: false,
    retry: { max: 1 },
    // The dialect turns them on where it opens a connection.
    ...{ foreignKeys: false },
  });
  return new SqlDatabase(sequelize, dialect);
}
