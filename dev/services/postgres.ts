import { globSync, writeFileSync } from 'node:fs';
import { giveToServer, runToEnd, startServer } from './server-process.ts';
import type { Service } from './service.ts';

/** PostgreSQL as its defaults make it: every commit is on the disk before it is answered. */
export const postgres: Service = {
  title: 'PostgreSQL',
  packages: ['postgresql'],

  /** The newest version that is installed. */
  find: () =>
    globSync('/usr/lib/postgresql/*/bin/postgres')
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .at(-1)
      ?.replace(/\/postgres$/, ''),

  async start({ programs, folder, port, password }) {
    const passwordFile = `${folder}/password`;
    writeFileSync(passwordFile, password, { mode: 0o600 });
    giveToServer(passwordFile);
    await runToEnd(
      `${programs}/initdb`,
      [
        ...['--pgdata', `${folder}/files`, '--username', 'magicflow', '--pwfile', passwordFile],
        ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
      ],
      folder,
    );
    const server = await startServer(
      `${programs}/postgres`,
      ['-D', `${folder}/files`, '-h', '127.0.0.1', '-p', String(port), '-k', ''],
      { folder, ready: /database system is ready to accept connections/, stopSignal: 'SIGINT' },
    );
    return { ...server, url: `postgresql://magicflow:${password}@127.0.0.1:${port}/postgres` };
  },
};
