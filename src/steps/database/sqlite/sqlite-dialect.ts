import type { Dialect } from '../dialect.ts';

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  title: 'SQLite',
  syntax: {
    quotes: `'"\`[`,
    backslash: 'never',
    hasDollarQuotes: false,
    hasHashComments: false,
    nestsComments: false,
  },
  quote: '"',
  numbersParameters: false,
  otherParameters: /[@$][A-Za-z_]\w*/,
  upsert: (keys, columns) => {
    const changes = columns.map((column) => `${column} = excluded.${column}`);
    return `ON CONFLICT (${keys.join(', ')}) DO ${changes.length > 0 ? `UPDATE SET ${changes.join(', ')}` : 'NOTHING'}`;
  },
  hasReturning: true,
  effects: {
    create: (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (effect TEXT PRIMARY KEY, execution_id TEXT NOT NULL, step TEXT NOT NULL, result TEXT, recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))) STRICT`,
    claim: (table) => `INSERT INTO ${table} (effect, execution_id, step) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  },
};
