import { StepFailure } from '../../connector.ts';
import { refused } from '../database-failure.ts';

/** SQLite has numbers of its own; these are given the SQLSTATE that PostgreSQL has for the same. */
const states: Readonly<Record<number, string>> = {
  // Primary codes.
  1: '42000',
  5: '55P03',
  6: '55P03',
  8: '25006',
  9: '57014',
  10: '58030',
  11: 'XX001',
  13: '53100',
  14: '58P01',
  18: '54000',
  19: '23000',
  20: '22000',
  23: '42501',
  25: '42000',
  26: 'XX001',
  // Extended ones of constraints.
  275: '23514',
  787: '23503',
  1299: '23502',
  1555: '23505',
  2067: '23505',
  2579: '23505',
};

export function failureOf(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const { errcode } = error as { errcode?: unknown };
  if (typeof errcode !== 'number') return refused({ sqlState: '42000', message });
  const sqlState = states[errcode] ?? states[errcode & 0xff] ?? 'XX000';
  return refused({ sqlState, message, details: { error: errcode } });
}
