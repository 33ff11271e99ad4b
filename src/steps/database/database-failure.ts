import type { Json, JsonObject } from '../../kit/json.ts';
import { StepFailure } from '../connector.ts';

/**
 * What a server refuses, as failures that a flow can act on: `DB_` and the SQLSTATE, the same word for the same mishap
 * whatever the server. Tried again is only what may go better the next time.
 */
export interface Refusal {
  /** Five characters of the SQL standard, or PostgreSQL's where the standard has none. */
  readonly sqlState: string;
  readonly message: string;
  /** Absent members are left out. */
  readonly details?: { readonly [member: string]: Json | undefined };
}

/** Classes: connections, transactions rolled back, resources, operator intervention, system errors. */
const passingClasses = new Set(['08', '40', '53', '57', '58']);
/** A lock was not to be had; the transaction had idled for too long. */
const passingStates = new Set(['55P03', '25P03']);
/** Of those classes what stays as it is: an unreadable message, a constraint at the commit, no such database or file. */
const lastingStates = new Set(['08P01', '40002', '57P04', '58P01']);

export function refused({ sqlState, message, details = {} }: Refusal): StepFailure {
  const known = Object.entries(details).filter(([, value]) => value !== undefined && value !== '');
  return new StepFailure(`DB_${sqlState}`, message, {
    retryable: isPassing(sqlState),
    ...(known.length === 0 ? {} : { details: Object.fromEntries(known) as JsonObject }),
  });
}

function isPassing(sqlState: string): boolean {
  if (lastingStates.has(sqlState)) return false;
  return passingStates.has(sqlState) || passingClasses.has(sqlState.slice(0, 2));
}

/** No connection, or it was lost: what was sent last may have been done. */
export function unreachable(message: string, cause?: unknown): StepFailure {
  return new StepFailure('DB_UNREACHABLE', message, { cause });
}
