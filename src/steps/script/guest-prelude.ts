/**
 * The script's side of the wall. `prelude` is never called here: its source runs inside the guest, before any script,
 * and may use nothing but its parameters and what the guest itself has.
 *
 * It takes every function it needs before a script can replace it. That is for clear errors, not for safety: whatever a
 * script does to it stays inside the guest, and the answer is a text that the host distrusts.
 */
import type { Json } from '../../kit/json.ts';

export interface PreludeLimits {
  readonly valueTextMax: number;
  readonly messageMax: number;
  readonly logLinesMax: number;
  readonly logLineMax: number;
}

type Script = (input: unknown, params: unknown, console: unknown) => () => unknown;

/** `O` and JSON: the output. `E` and JSON: what was thrown, as `GuestError` has it. */
export type RunScript = (text: string, seed: number) => string;

/** What the guest says of an error. Every member is a text that a script may have chosen. */
export interface GuestError {
  readonly code: string;
  readonly message: string;
  readonly stack: string;
  readonly logs: string;
  /** JSON. */
  readonly details: string;
}

export function prelude(limits: PreludeLimits): (script: Script) => RunScript {
  const { parse, stringify } = JSON;
  const { getPrototypeOf } = Object;
  const { imul } = Math;
  const toText = String;
  const asks = Function.prototype.call;
  const slice = asks.bind(String.prototype.slice) as (text: string, from: number, to: number) => string;
  const promises = Promise.prototype;
  const state = { seed: 0, logged: 0 };
  const lines: string[] = [];

  // What could share memory or wait, or would show when memory is freed; and a queue that nothing empties.
  for (const name of ['SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'queueMicrotask']) {
    delete (globalThis as Record<string, unknown>)[name];
  }

  /** Splitmix32, as the rest of the platform has it. */
  Math.random = function random() {
    state.seed = (state.seed + 0x9e3779b9) >>> 0;
    let mixed = state.seed;
    mixed = imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 4294967296;
  };

  function show(value: unknown): string {
    try {
      return typeof value === 'object' && value !== null ? (stringify(value) ?? 'null') : toText(value);
    } catch {
      return '[what cannot be shown]';
    }
  }

  function log(...values: unknown[]): void {
    let line = '';
    for (let place = 0; place < values.length; place += 1) line += (place === 0 ? '' : ' ') + show(values[place]);
    lines[state.logged % limits.logLinesMax] = slice(line, 0, limits.logLineMax);
    state.logged += 1;
  }

  /** The last lines, oldest first. */
  function logs(): string {
    let text = '';
    const { logged } = state;
    for (let at = logged > limits.logLinesMax ? logged - limits.logLinesMax : 0; at < logged; at += 1) {
      text += `${lines[at % limits.logLinesMax]}\n`;
    }
    return text;
  }

  const console = { log, info: log, warn: log, error: log, debug: log };

  function read(thrown: unknown, name: string): unknown {
    return (thrown as Record<string, unknown>)[name];
  }

  function codeOf(thrown: object): string {
    const isOutOfMemory = read(thrown, 'name') === 'InternalError' && read(thrown, 'message') === 'out of memory';
    return isOutOfMemory ? 'SCRIPT_MEMORY' : toText(read(thrown, 'code') ?? '');
  }

  /** An object without prototype, so that no `toJSON` of a script is asked. */
  function answer(code: string, message: string, more: { stack?: string; details?: string } = {}): string {
    const { stack = '', details = '' } = more;
    const error = { __proto__: null, code, message, stack, details, logs: logs() };
    return `E${stringify(error)}`;
  }

  function describe(thrown: unknown): string {
    if (typeof thrown !== 'object' || thrown === null) return answer('', slice(show(thrown), 0, limits.messageMax));
    const message = slice(toText(read(thrown, 'message') ?? show(thrown)), 0, limits.messageMax);
    const stack = slice(toText(read(thrown, 'stack') ?? ''), 0, limits.messageMax);
    const given = read(thrown, 'details');
    const details = given === undefined ? '' : (stringify(given) ?? '');
    if (details.length > limits.valueTextMax) return answer(codeOf(thrown), message, { stack });
    return answer(codeOf(thrown), message, { stack, details });
  }

  function outputOf(value: unknown): string {
    if (typeof value === 'object' && value !== null && getPrototypeOf(value) === promises) {
      return answer('', 'the script gives a promise: there is nothing to wait for, return the value itself');
    }
    const text = stringify(value) ?? 'null';
    if (text.length <= limits.valueTextMax) return `O${text}`;
    const message = `the output has ${text.length} characters as JSON, at most ${limits.valueTextMax} are allowed`;
    return answer('SCRIPT_OUTPUT_TOO_LARGE', message);
  }

  return (script) => (text, seed) => {
    state.seed = seed;
    try {
      const { input, params } = parse(text) as { input: Json; params: Json };
      return outputOf(script(input, params, console)());
    } catch (thrown) {
      try {
        return describe(thrown);
      } catch {
        return answer('', 'the script threw what cannot be shown');
      }
    }
  };
}
