import { createHash } from 'node:crypto';
import type { ChildCommand } from '../../core/child-events.ts';
import { idFrom } from '../../kit/ids.ts';

/** The execution that a call starts: the same whoever asks, however often, and in the order of time like any other id. */
export function childIdOf(parentId: string, { call, openedAt }: Pick<ChildCommand, 'call' | 'openedAt'>): string {
  return idFrom('exec', openedAt, createHash('sha256').update(`${parentId}/${call}`).digest());
}
