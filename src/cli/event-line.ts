import type { JournalEvent } from '../../sdk/typescript/answers.ts';
import { member } from '../kit/json.ts';
import { printable } from './show.ts';

/** One journal event as a line for people: time, what happened, where, why. */
const colours = { completed: 32, failed: 31, cancelled: 33, retrying: 33, timed_out: 31 } as const;

export function eventLine(event: JournalEvent, { colour }: { colour: boolean }): string {
  const time = event.at.replace(/^.*T/, '').replace(/Z$/, '');
  const error = member(event, 'error');
  const reason = error === undefined ? '' : `${String(member(error, 'code'))}: ${String(member(error, 'message'))}`;
  const parts = [event.type.padEnd(20), stringAt(event, 'step'), stringAt(event, 'status'), reason].filter(
    (part) => part !== '',
  );
  const line = printable(parts.join('  ').trimEnd());
  return `${time}  ${colour ? coloured(event.type, line) : line}`;
}

function stringAt(event: JournalEvent, name: string): string {
  const value = member(event, name);
  return typeof value === 'string' ? value : '';
}

function coloured(type: string, line: string): string {
  const ending = type.slice(type.indexOf('.') + 1);
  return Object.hasOwn(colours, ending) ? `\u001b[${colours[ending as keyof typeof colours]}m${line}\u001b[0m` : line;
}
