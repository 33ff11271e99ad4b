import { emptyObject, type Json, type JsonObject } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';

/** All rows of one result together, as text. Beyond it a result could not be kept anyway. */
const rowsTextMax = 16 * 1024 * 1024;

/** Takes rows up one by one and refuses the one too many, so that no result is larger in memory than it may be. */
export interface RowCollector {
  readonly rows: readonly JsonObject[];
  /** Throws ROWS_EXCEEDED. */
  add(columns: readonly string[], values: readonly Json[]): void;
}

export function collectRows(rowsMax: number): RowCollector {
  const rows: JsonObject[] = [];
  let room = rowsTextMax;
  return {
    rows,
    add(columns, values) {
      if (rows.length === rowsMax) throw exceeded(`more than ${rowsMax} rows`);
      const row = emptyObject();
      for (const [place, column] of columns.entries()) {
        const value = values[place] ?? null;
        row[column] = value;
        room -= column.length + sizeOf(value);
      }
      if (room < 0) throw exceeded(`more than ${rowsTextMax / 1024 / 1024} MiB`);
      rows.push(row);
    },
  };
}

function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' && value !== null ? JSON.stringify(value).length : 8;
}

function exceeded(amount: string): StepFailure {
  return new StepFailure(
    'ROWS_EXCEEDED',
    `the result has ${amount}: read fewer rows or columns, or raise "max_rows" of the connection`,
    { retryable: false },
  );
}
