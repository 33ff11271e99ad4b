import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { storeConformance } from '../store.conformance.ts';
import { openSqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'magicflow-sqlite-'));
after(() => rmSync(root, { recursive: true }));

let opened = 0;
const directory = (): string => join(root, String(opened));

storeConformance({
  name: 'sqlite',
  open: async () => {
    opened += 1;
    return openSqliteStore({ directory: directory() });
  },
  reopen: () => openSqliteStore({ directory: directory() }),
});
