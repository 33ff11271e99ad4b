/**
 * A journal event as callers see it: `{position, at, type, …}`, snake_case like everything else.
 *
 * Only the event's own members (and those of its `task`, `child`, `parent`, its `human` and what it `awaits`) are renamed; what users put in (inputs, outputs, payloads,
 * metadata) is never touched. `…At` becomes an ISO time, `…Ms` a number of seconds.
 */
import type { NumberedEvent } from '../../engine/engine.ts';
import type { JsonObject } from '../../kit/json.ts';
import { isObject } from '../../kit/json.ts';
import { isoTime, seconds } from './time.ts';

export function eventAnswer({ position, at, event }: NumberedEvent): JsonObject {
  return { position, at: isoTime(at), ...renamed(event) } as JsonObject;
}

function renamed(members: object): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    if (typeof value === 'number' && name.endsWith('At')) answer[snakeCase(name)] = isoTime(value);
    else if (typeof value === 'number' && name.endsWith('Ms')) answer[snakeCase(name.slice(0, -2))] = seconds(value);
    else answer[snakeCase(name)] = ownMembers.has(name) ? inner(value) : value;
  }
  return answer;
}

/** Members whose own members are the journal's, too. */
const ownMembers: ReadonlySet<string> = new Set(['task', 'human', 'escalations', 'awaits', 'child', 'parent']);

function inner(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inner);
  return isObject(value) ? renamed(value) : value;
}

const snakeNames = new Map<string, string>();

/** The names are those of the event types: few, so they are worth remembering. */
function snakeCase(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}
