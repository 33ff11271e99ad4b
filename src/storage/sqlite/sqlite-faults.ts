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
  return { code: isDiskFull(error) ? 'STORE_FULL' : 'STORE_UNREACHABLE', message };
}

/** Node's file calls say ENOSPC; SQLite has a result code. */
export function isDiskFull(error: unknown): boolean {
  return member(error, 'code') === 'ENOSPC' || primaryCode(error) === resultFull;
}

/** SQLite's primary result code, or undefined where the error is none of SQLite's. */
export function primaryCode(error: unknown): number | undefined {
  const resultCode = member(error, 'errcode');
  return typeof resultCode === 'number' ? resultCode & 0xff : undefined;
}

export function faultOf({ code, message }: StoreFailure, cause?: unknown): Fault {
  const what = code === 'STORE_FULL' ? 'the disk is full' : 'the database failed';
  return new Fault(code, `${what}: ${message}`, { cause });
}

export function closedFault(): Fault {
  return new Fault('STORE_UNREACHABLE', 'the store is closed');
}
