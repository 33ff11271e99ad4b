/**
 * Events as the text of a record and back.
 *
 * A value that would make the record large is kept beside it under its hash and named in the event's `large` member, so
 * nothing a user writes can be taken for a reference. Decoding gives exactly the events that were encoded.
 */
import { createHash } from 'node:crypto';
import type { ExecutionEvent } from '../../core/events.ts';
import { emptyObject } from '../../kit/json.ts';
import type { LargeValue } from '../../storage/store.ts';
import { inlineValueMax } from '../limits.ts';

export interface Encoded {
  readonly text: string;
  readonly values: readonly LargeValue[];
}

/** Members of events that hold a user's value. */
const valueMembers = [
  'input',
  'output',
  'payload',
  'result',
  'results',
  'metadata',
  'vars',
  'answer',
  'human',
] as const;

export function encodeEvents(events: readonly ExecutionEvent[]): Encoded {
  const text = JSON.stringify(events);
  if (text.length <= inlineValueMax) return { text, values: [] };
  const values: LargeValue[] = [];
  const parts = events.map((event) => JSON.stringify(setAside(event as unknown as Record<string, unknown>, values)));
  return { text: `[${parts.join(',')}]`, values };
}

function setAside(event: Record<string, unknown>, values: LargeValue[]): Record<string, unknown> {
  const large: Record<string, string> = emptyObject();
  let rest = event;
  for (const name of valueMembers) {
    if (!Object.hasOwn(event, name) || event[name] === undefined) continue;
    const text = JSON.stringify(event[name]);
    if (text.length <= inlineValueMax) continue;
    const hash = createHash('sha256').update(text).digest('base64url');
    if (!values.some((value) => value.hash === hash)) values.push({ hash, text });
    large[name] = hash;
    const { [name]: _, ...others } = rest;
    rest = others;
  }
  return rest === event ? event : { ...rest, large };
}

type Stored = ExecutionEvent & { readonly large?: Readonly<Record<string, string>> };

/** Hashes that decoding this text needs. Almost always none, found without parsing. */
export function largeHashes(text: string): readonly string[] {
  if (!text.includes('"large":{')) return [];
  return (JSON.parse(text) as Stored[]).flatMap((event) => Object.values(event.large ?? {}));
}

export function decodeEvents(text: string, values: ReadonlyMap<string, string>): readonly ExecutionEvent[] {
  const events = JSON.parse(text) as Stored[];
  return events.map((event) => {
    if (!event.large) return event;
    const { large, ...rest } = event;
    const restored: Record<string, unknown> = { ...rest };
    for (const [name, hash] of Object.entries(large)) restored[name] = JSON.parse(values.get(hash) ?? 'null');
    return restored as unknown as ExecutionEvent;
  });
}
