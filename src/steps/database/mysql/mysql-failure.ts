import { StepFailure } from '../../connector.ts';
import { refused, unreachable } from '../database-failure.ts';

/**
 * MySQL's own SQLSTATEs are coarse: 23000 is a double key, a missing parent and a NULL. Its error numbers tell them apart;
 * these are given the state that PostgreSQL has for the same. What the server said stands in the details.
 */
const statesByError: Readonly<Record<string, readonly number[]>> = {
  '23505': [1062, 1586],
  '23502': [1048, 1364],
  '23503': [1216, 1217, 1451, 1452],
  '23514': [3819, 4025],
  '25006': [1290, 1792],
  '28P01': [1045],
  '3D000': [1049],
  '42501': [1044, 1142, 1143, 1227],
  '42601': [1064, 1149],
  '42703': [1054],
  '42P01': [1051, 1146],
  '40001': [1020],
  '40P01': [1213],
  '53300': [1040, 1203, 1226],
  '55P03': [1205, 3572],
  '57014': [1317, 1969, 3024],
  '57P01': [1053, 1927],
};

const states: ReadonlyMap<number, string> = new Map(
  Object.entries(statesByError).flatMap(([state, errors]) => errors.map((error) => [error, state] as const)),
);

interface MysqlError {
  readonly errno?: unknown;
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly sqlMessage?: unknown;
}

export function failureOf(error: unknown): StepFailure {
  if (error instanceof StepFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const { errno, code, sqlState, sqlMessage } = error as MysqlError;
  // The client's own errors have no SQLSTATE: it could not connect, or the connection is gone.
  if (typeof errno !== 'number' || typeof sqlState !== 'string') {
    return unreachable(`the connection to MySQL was lost: ${message}`, error);
  }
  return refused({
    sqlState: states.get(errno) ?? sqlState,
    message: typeof sqlMessage === 'string' ? sqlMessage : message,
    details: { error: typeof code === 'string' ? code : undefined, errno, sqlstate: sqlState },
  });
}
