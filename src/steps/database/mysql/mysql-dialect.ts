import type { Dialect } from '../dialect.ts';

export const mysqlDialect: Dialect = {
  name: 'mysql',
  title: 'MySQL',
  syntax: {
    quotes: `'"\``,
    backslash: 'always',
    hasDollarQuotes: false,
    hasHashComments: true,
    nestsComments: false,
  },
  quote: '`',
  numbersParameters: false,
  // Any unique key counts; an assignment to itself changes nothing.
  upsert: (keys, columns) => {
    const changes = (columns.length > 0 ? columns : keys).map((column) => `${column} = VALUES(${column})`);
    return `ON DUPLICATE KEY UPDATE ${changes.join(', ')}`;
  },
  readingWords: new Set(['SELECT', 'WITH', 'VALUES', 'TABLE', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN']),
  hasReturning: false,
  effects: {
    create: (table) =>
      `CREATE TABLE IF NOT EXISTS ${table} (effect char(64) CHARACTER SET ascii PRIMARY KEY, execution_id varchar(255) NOT NULL, step text NOT NULL, result longtext, recorded_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4`,
    claim: (table) => `INSERT IGNORE INTO ${table} (effect, execution_id, step) VALUES (?, ?, ?)`,
  },
};
