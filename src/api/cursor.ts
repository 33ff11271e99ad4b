/** Cursors: where a list goes on, as a text that callers give back unread. */

import type { ProblemErrorAnswer } from '../contract/problem.ts';
import { Fault } from '../kit/fault.ts';

export interface ExecutionCursor {
  readonly createdAt: number;
  readonly executionId: string;
}

export function encodeExecutionCursor({ createdAt, executionId }: ExecutionCursor): string {
  return encode([createdAt, executionId]);
}

export function decodeExecutionCursor(cursor: string): ExecutionCursor {
  const [createdAt, executionId] = decode(cursor);
  if (!Number.isSafeInteger(createdAt) || typeof executionId !== 'string' || !/^[\w.:-]{1,128}$/.test(executionId)) {
    throw invalid();
  }
  return { createdAt: Number(createdAt), executionId };
}

export interface HumanTaskCursor {
  readonly createdAt: number;
  readonly humanTaskId: string;
}

export function encodeHumanTaskCursor({ createdAt, humanTaskId }: HumanTaskCursor): string {
  return encode([createdAt, humanTaskId]);
}

export function decodeHumanTaskCursor(cursor: string): HumanTaskCursor {
  const { createdAt, executionId: humanTaskId } = decodeExecutionCursor(cursor);
  return { createdAt, humanTaskId };
}

export interface BulkCursor {
  readonly createdAt: number;
  readonly bulkId: string;
}

export function encodeBulkCursor({ createdAt, bulkId }: BulkCursor): string {
  return encode([createdAt, bulkId]);
}

export function decodeBulkCursor(cursor: string): BulkCursor {
  const { createdAt, executionId: bulkId } = decodeExecutionCursor(cursor);
  return { createdAt, bulkId };
}

export function encodeOffset(offset: number): string {
  return encode([offset]);
}

export function decodeOffset(cursor: string, offsetMax: number): number {
  const [offset] = decode(cursor);
  if (!Number.isInteger(offset) || Number(offset) < 0 || Number(offset) > offsetMax) throw invalid();
  return Number(offset);
}

const encode = (parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

function decode(cursor: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts)) return parts;
  } catch {
    // Told below: what does not decode is no cursor.
  }
  throw invalid();
}

function invalid(): Fault {
  const message = 'this is no cursor of ours; take next_cursor of the page before';
  const error: ProblemErrorAnswer = { code: 'CURSOR_INVALID', message, pointer: '/cursor', in: 'query' };
  return new Fault('CURSOR_INVALID', message, { detail: { errors: [error] } });
}
