import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOf } from './debian.mjs';
import { exchange } from './probe.mjs';
import { HOST, settings } from './settings.mjs';

const { port, memoryMb } = settings.mysql;
const ACCOUNTS = fileURLToPath(new URL('../mysql/accounts.sql', import.meta.url));

/** The server, and of the clients the one program that its installer asks. */
const PACKAGES = 'mariadb-server-core mariadb-client-core';

/** A new data folder appears under its name only when it is whole. */
function makeData(data) {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  programOf('my_print_defaults', 'MariaDB', PACKAGES);
  const installer = programOf('mariadb-install-db', 'MariaDB', PACKAGES);
  const where = ['--no-defaults', `--datadir=${unfinished}`, `--user=${userInfo().username}`];
  const how = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  const done = spawnSync(installer, [...where, ...how], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`MariaDB could not make ${data}: ${done.stderr.trim() || done.stdout.trim()}`);
  renameSync(unfinished, data);
}

export const mysql = {
  name: 'mysql',
  title: 'MariaDB',
  setting: 'CDP_MYSQL_URL',
  address: `mysql://cdp:cdp@${HOST}:${port}/cdp`,
  ports: [port],
  readyWithinMs: 60_000,

  /** The server greets first; it does so after the accounts were made. */
  answers: async () => (await exchange(port))?.[4] === 10,

  prepare(folder) {
    const file = programOf('mariadbd', 'MariaDB', PACKAGES);
    const data = join(folder, 'data');
    mkdirSync(folder, { recursive: true });
    if (!existsSync(data)) makeData(data);
    const configuration = join(folder, 'my.cnf');
    // The socket's name is relative to the data: a path of a socket may not be long.
    writeFileSync(
      configuration,
      `[mysqld]
datadir=${data}
port=${port}
bind-address=${HOST}
socket=mysql.sock
pid-file=mysql.pid
init-file=${ACCOUNTS}
skip-name-resolve
skip-log-bin
character-set-server=utf8mb4
max-connections=300
max-allowed-packet=64M
innodb-buffer-pool-size=${memoryMb}M
innodb-flush-log-at-trx-commit=1
performance-schema=off
`,
    );
    return { file, args: [`--defaults-file=${configuration}`, `--user=${userInfo().username}`] };
  },
};
