/** Shared limits, read on the calling thread: a key's holders are few and its line is read in pages. */
import type { Limits, LimitTake } from '../limits.ts';
import type { LocalReader } from './local-reader.ts';
import { type Row, type RunStatements, sql } from './statements.ts';

export function openSqliteLimits(local: LocalReader, run: RunStatements): Limits {
  return {
    async holders({ workspace, key, at }) {
      const rows = local.all(sql`
        SELECT slot, execution_id, holder, until FROM limit_slots
        WHERE workspace = ${workspace} AND key = ${key} AND (until IS NULL OR until > ${at}) ORDER BY slot`);
      return rows.map((row) => ({
        slot: Number(row['slot']),
        executionId: String(row['execution_id']),
        holder: String(row['holder']),
        until: row['until'] === null ? undefined : Number(row['until']),
      }));
    },
    async usage({ workspace, key, at }) {
      const row = local.get(sql`
        SELECT used, until FROM limit_rates WHERE workspace = ${workspace} AND key = ${key} AND until > ${at}`);
      return row && { used: Number(row['used']), until: Number(row['until']) };
    },
    async waiting({ workspace, key, limit, eager, inside }) {
      const those = eager ? sql`AND on_limit IS NOT NULL` : inside ? sql`AND inside = 1` : sql``;
      const rows = local.all(sql`
        SELECT * FROM limit_waiters WHERE workspace = ${workspace} AND key = ${key} ${those}
        ORDER BY rank, sequence LIMIT ${limit}`);
      return rows.map((row) => ({
        executionId: String(row['execution_id']),
        holder: String(row['holder']),
        rank: Number(row['rank']),
        takes: JSON.parse(String(row['takes'])) as readonly LimitTake[],
        onLimit: row['on_limit'] === null ? undefined : String(row['on_limit']),
        isInside: row['inside'] === 1,
      }));
    },
    async awaited({ after, workspace, key, limit }) {
      const one = key === undefined ? sql`` : sql`AND key = ${key}`;
      const place = after ? sql`AND (workspace, key) > (${after.workspace}, ${after.key})` : sql``;
      const own = workspace === undefined ? sql`TRUE` : sql`workspace = ${workspace}`;
      const [rows = []] = await run([
        sql`
          SELECT workspace, key, count(*) AS count FROM limit_waiters WHERE ${own} ${one} ${place}
          GROUP BY workspace, key ORDER BY workspace, key LIMIT ${limit}`,
      ]);
      return rows.map((row) => ({ workspace: String(row['workspace']), ...countedKey(row) }));
    },
    async held({ workspace, at, after, limit }) {
      const place = after === undefined ? sql`` : sql`AND key > ${after}`;
      const [rows = []] = await run([
        sql`
          SELECT key, count(*) AS count FROM limit_slots
          WHERE workspace = ${workspace} AND (until IS NULL OR until > ${at}) ${place}
          GROUP BY key ORDER BY key LIMIT ${limit}`,
      ]);
      return rows.map(countedKey);
    },
  };
}

const countedKey = (row: Row) => ({ key: String(row['key']), count: Number(row['count']) });
