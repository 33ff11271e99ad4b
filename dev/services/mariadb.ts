import { existsSync, writeFileSync } from 'node:fs';
import { giveToServer, runToEnd, startServer } from './server-process.ts';
import type { Service } from './service.ts';

/** MariaDB as its defaults make it: every commit is on the disk before it is answered. */
export const mariadb: Service = {
  title: 'MariaDB',
  // The core alone brings no server that starts by itself; the client's brings what makes the first files.
  packages: ['mariadb-server-core', 'mariadb-client-core'],

  find: () =>
    ['/usr/sbin/mariadbd', '/usr/bin/mariadb-install-db', '/usr/bin/my_print_defaults'].every((path) =>
      existsSync(path),
    )
      ? '/usr'
      : undefined,

  async start({ programs, folder, port, password }) {
    const files = `--datadir=${folder}/files`;
    await runToEnd(
      `${programs}/bin/mariadb-install-db`,
      ['--no-defaults', files, '--auth-root-authentication-method=normal', '--skip-test-db'],
      folder,
    );
    const accounts = `${folder}/accounts.sql`;
    writeFileSync(
      accounts,
      [
        `CREATE USER 'magicflow'@'127.0.0.1' IDENTIFIED BY '${password}';`,
        `GRANT ALL ON *.* TO 'magicflow'@'127.0.0.1' WITH GRANT OPTION;`,
        `DROP USER 'root'@'localhost';`,
      ].join('\n'),
      { mode: 0o600 },
    );
    giveToServer(accounts);
    const server = await startServer(
      `${programs}/sbin/mariadbd`,
      [
        ...['--no-defaults', files, `--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve'],
        ...[`--socket=${folder}/socket`, `--pid-file=${folder}/pid`, `--init-file=${accounts}`],
      ],
      { folder, ready: /ready for connections/, stopSignal: 'SIGTERM' },
    );
    return { ...server, url: `mysql://magicflow:${password}@127.0.0.1:${port}/` };
  },
};
