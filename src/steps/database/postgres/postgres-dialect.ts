import type { Dialect } from '../dialect.ts';

export const postgresDialect: Dialect = {
  name: 'postgres',
  title: 'PostgreSQL',
  syntax: {
    quotes: `'"`,
    backslash: 'after E',
    hasDollarQuotes: true,
    hasHashComments: false,
    nestsComments: true,
  },
  quote: '"',
  numbersParameters: true,
  upsert: (keys, columns) => {
    const changes = columns.map((column) => `${column} = EXCLUDED.${column}`);
    return `ON CONFLICT (${keys.join(', ')}) DO ${changes.length > 0 ? `UPDATE SET ${changes.join(', ')}` : 'NOTHING'}`;
  },
  hasReturning: true,
  effects: {
    create: (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (effect char(64) PRIMARY KEY, execution_id text NOT NULL, step text NOT NULL, result text, recorded_at timestamptz NOT NULL DEFAULT now())`,
    claim: (table) => `INSERT INTO ${table} (effect, execution_id, step) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
  },
};
