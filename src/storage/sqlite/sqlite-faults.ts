/**
 * What SQLite reports, as faults a caller can act on. Crosses threads as plain members, because a class does not.
 */
import { Fault } from '../../kit/fault.ts';
import { member } from '../../kit/json.ts';

const resultFull = 13;

export interface StoreFailure {
  readonly code: 'STORE_FULL' | 'STORE_UNREACHABLE';
  readonly message: string;
}

export function failureOf(error: unknown): StoreFailure {
  const message = error instanceof Error ? error.message : String(error);
  const resultCode = member(error, 'errcode');
  // The low byte is the primary result code; the rest says where it came from.
  const isFull = typeof resultCode === 'number' && (resultCode & 0xff) === resultFull;
  return { code: isFull ? 'STORE_FULL' : 'STORE_UNREACHABLE', message };
}

export function faultOf({ code, message }: StoreFailure): Fault {
  return new Fault(code, code === 'STORE_FULL' ? `the disk is full: ${message}` : `the database failed: ${message}`);
}

export function closedFault(): Fault {
  return new Fault('STORE_UNREACHABLE', 'the store is closed');
}
