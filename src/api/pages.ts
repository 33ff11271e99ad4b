/** Pages of lists: by number, or by cursor. */
import { refusal } from './problem.ts';

/** Rows that a page may pass over; beyond it a list is read by cursor. */
export const offsetMax = 100_000;
export const limitDefault = 50;

/** Rows before the page. */
export function offsetOfPage(page: number, limit: number): number {
  const offset = (page - 1) * limit;
  if (offset <= offsetMax) return offset;
  throw refusal({
    code: 'VALUE_INVALID',
    message: `pages reach ${offsetMax} rows deep; go on with next_cursor`,
    pointer: '/page',
    in: 'query',
  });
}
