/**
 * Functions on time. A moment is an ISO 8601 text (`2026-01-31`, `2026-01-31T10:00:00Z`, with or without offset; UTC
 * where none is given) or milliseconds since the epoch; functions give texts in UTC with milliseconds.
 */
import { parseDuration } from '../../kit/duration.ts';
import { failed } from '../run.ts';
import { type Builtin, builtin, type Call } from './call.ts';

export const timeFunctions: Readonly<Record<string, Builtin>> = {
  now: builtin(0, 0, (call) => toIso(call.run.scope.nowMs)),
  uuid: builtin(0, 0, uuid),
  random: builtin(0, 0, (call) => call.run.scope.random()),
  is_timestamp: builtin(
    1,
    1,
    (call) => typeof call.value(0) === 'string' && parseTimestamp(call.text(0)) !== undefined,
  ),
  date_add: builtin(2, 2, (call) => toIso(momentOf(call, 0) + durationOf(call, 1))),
  date_diff: builtin(3, 3, difference),
  format_date: builtin(2, 2, format),
};

/** Milliseconds by the names that a unit goes by. */
const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const longUnits: Readonly<Record<string, string>> = {
  millisecond: 'ms',
  second: 's',
  minute: 'm',
  hour: 'h',
  day: 'd',
  week: 'w',
};

const timestamp = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?$/;

/** Milliseconds since the epoch, or undefined where the text is no moment that exists. */
export function parseTimestamp(text: string): number | undefined {
  const match = timestamp.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const offsetMs = parseOffset(match[8]);
  if (hour > 23 || minute > 59 || second > 59 || offsetMs === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const fractionMs = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1_000);
  return date.getTime() + hour * 3_600_000 + minute * 60_000 + second * 1_000 + fractionMs - offsetMs;
}

function parseOffset(text: string | undefined): number | undefined {
  if (text === undefined || text === 'Z' || text === 'z') return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000);
}

function momentOf(call: Call, place: number): number {
  const value = call.value(place);
  const moment = typeof value === 'string' ? parseTimestamp(value) : value;
  return typeof moment === 'number' ? moment : call.refuse(place, 'a time (ISO 8601 text or milliseconds)');
}

/** A duration as steps write them, with a sign where wanted, or milliseconds. */
function durationOf(call: Call, place: number): number {
  const value = call.value(place);
  if (typeof value === 'number') return value;
  const text = call.text(place);
  const isNegative = text.startsWith('-');
  const durationMs = parseDuration(isNegative ? text.slice(1) : text);
  if (durationMs === undefined)
    return failed(`${call.name}() was given ${JSON.stringify(text)}, which is no duration (15s, -1h30m, P7D)`);
  return isNegative ? -durationMs : durationMs;
}

function toIso(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? failed('the time is out of range') : date.toISOString();
}

/** From the first moment to the second, in whole units, cut towards zero. */
function difference(call: Call): number {
  const name = call.text(2).toLowerCase();
  const singular = name.length > 2 && name.endsWith('s') ? name.slice(0, -1) : name;
  const unit = Object.hasOwn(longUnits, singular) ? (longUnits[singular] ?? '') : name;
  const unitMs = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (unitMs === undefined) return failed(`date_diff() knows ms, s, m, h, d and w, not ${JSON.stringify(name)}`);
  // + 0 turns the -0 of a small negative difference into 0.
  return Math.trunc((momentOf(call, 1) - momentOf(call, 0)) / unitMs) + 0;
}

/** `YYYY MM DD HH mm ss SSS` in the pattern stand for the parts, in UTC; everything else stands for itself. */
function format(call: Call): string {
  const iso = toIso(momentOf(call, 0));
  const pattern = call.text(1);
  call.run.admitText(pattern.length);
  const [date = '', time = ''] = iso.split('T');
  const day = date.slice(-5);
  const parts: Readonly<Record<string, string>> = {
    YYYY: date.slice(0, -6),
    MM: day.slice(0, 2),
    DD: day.slice(3),
    HH: time.slice(0, 2),
    mm: time.slice(3, 5),
    ss: time.slice(6, 8),
    SSS: time.slice(9, 12),
  };
  return pattern.replace(/YYYY|MM|DD|HH|mm|ss|SSS/g, (part) => parts[part] ?? part);
}

/** Version 4: 122 bits of the record's stream. */
function uuid(call: Call): string {
  let digits = '';
  while (digits.length < 32)
    digits += Math.floor(call.run.scope.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const variant = (8 + (Number.parseInt(digits.charAt(16), 16) % 4)).toString(16);
  const head = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}`;
  return `${head}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
}
