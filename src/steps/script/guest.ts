/**
 * JavaScript that nobody vouches for, run again and again by an engine that remembers nothing.
 *
 * All that QuickJS knows lies in one block of memory. Its picture is taken once a script is compiled and before it runs
 * for the first time; every run begins from that picture, and whatever the run before left is wiped. So a run can
 * neither see nor change another one, whatever it breaks inside its engine, and beginning costs a tenth of a millisecond.
 *
 * A text goes in, a text comes out. Nothing here can stop a loop inside the engine's own functions (`indexOf` over 2^53
 * places), which ask for nothing: whoever calls this must be able to end its thread.
 */
import { present } from '../../kit/assert.ts';
import { type GuestError, prelude } from './guest-prelude.ts';
import { callGuest, type Pointer, type QuickJs, readText, startQuickJs, writeText } from './quickjs.ts';
import {
  compiledBytesMax,
  logLineMax,
  logLinesMax,
  memoryBytesMax,
  messageMax,
  roomBytes,
  roomBytesMax,
  stackBytesMax,
  valueTextMax,
} from './script-limits.ts';
import type { WasmModule } from './web-assembly.ts';

export interface GuestRun {
  readonly source: string;
  /** JSON: `{input, params}`. */
  readonly text: string;
  /** What `Date.now()` gives all the time, and where `Math.random()` begins. */
  readonly nowMs: number;
  readonly seed: number;
  readonly runMs: number;
}

export type GuestAnswer =
  /** JSON, or what a script wants to be taken for it. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'thrown'; readonly error: GuestError }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' };

export interface Guest {
  run(run: GuestRun): GuestAnswer;
}

/** A picture of the guest's memory, without the zeros at its ends, and where in it a function stands. */
interface Picture {
  readonly pages: number;
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly stackPointer: number;
  readonly entry: Pointer;
  /** Memory that is free in it. */
  readonly room: number;
}

const pageBytes = 65_536;
/** How a stack calls the places of a script, and what stands before it on its first line. */
export const scriptFile = 'script';
export const scriptHead = '(function (input, params, console) { "use strict"; return () => {';
/** UTF-8 takes three bytes for one UTF-16 code unit at most. One character says which kind of answer it is. */
const answerBytesMax = 3 * (2 * valueTextMax + 1);

export function openGuest(module: WasmModule, monotonicMs: () => number): Guest {
  let nowMs = 0;
  let overAt = Number.POSITIVE_INFINITY;
  let engine: QuickJs | undefined;
  const host = { nowMs: () => nowMs, isOver: () => monotonicMs() > overAt };
  const limits = { memoryBytes: memoryBytesMax, stackBytes: stackBytesMax };
  const compiled = openPictures();
  const empty = take(makeReady(startQuickJs(module, host, limits)), 0);

  /** An engine that is exactly what it was when the picture was taken. */
  function restore({ pages, start, bytes, stackPointer }: Picture): QuickJs {
    // Memory never shrinks, and the engine counts on beginning at its end: one that grew is left to the collector.
    if (!engine || engine.memory.buffer.byteLength > pages * pageBytes) engine = startQuickJs(module, host, limits);
    const missing = pages - engine.memory.buffer.byteLength / pageBytes;
    if (missing > 0) engine.memory.grow(missing);
    const memory = new Uint8Array(engine.memory.buffer);
    memory.fill(0, 0, start);
    memory.set(bytes, start);
    memory.fill(0, start + bytes.length);
    engine.__stack_pointer.value = stackPointer;
    return engine;
  }

  /** The picture of a script that is ready to run, or the answer where it is none. */
  function compile(source: string, room: number): Picture | GuestAnswer {
    const fresh = restore(empty);
    fresh.wasm_free(fresh.wasm_malloc(room));
    const script = evaluate(fresh, scriptFile, `${scriptHead}${source}\n}; })`);
    if (script === undefined) return { kind: 'invalid', message: readProblem(fresh) };
    const entry = callGuest(fresh, empty.entry, [script]);
    if (entry === undefined) return { kind: 'memory' };
    const picture = take({ engine: fresh, entry }, room);
    compiled.add(source, picture);
    return picture;
  }

  function answerOf({ source, text, seed }: GuestRun): GuestAnswer {
    const picture = compiled.find(source) ?? compile(source, roomBytes);
    if ('kind' in picture) return picture;
    const ready = restore(picture);
    const given = writeText(ready, text);
    if (!given) return { kind: 'memory' };
    const input = ready.qjs_new_string(given.at, given.length);
    ready.wasm_free(given.at);
    const result = callGuest(ready, picture.entry, [input, ready.qjs_new_number(seed)]);
    const answer = result === undefined ? undefined : readText(ready, result, answerBytesMax);
    giveRoom(source, picture, ready);
    if (answer?.startsWith('O')) return { kind: 'output', text: answer.slice(1) };
    return answer === undefined
      ? { kind: 'memory' }
      : { kind: 'thrown', error: JSON.parse(answer.slice(1)) as GuestError };
  }

  /** Memory that grew costs a new engine: a script whose runs need more than they find is compiled anew with more. */
  function giveRoom(source: string, picture: Picture, used: QuickJs): void {
    const grownBytes = used.memory.buffer.byteLength - picture.pages * pageBytes;
    const room = Math.min(picture.room + grownBytes, roomBytesMax);
    if (room > picture.room) compile(source, room);
  }

  return {
    run(run) {
      nowMs = run.nowMs;
      overAt = monotonicMs() + run.runMs;
      try {
        const answer = answerOf(run);
        const isCutOff = answer.kind === 'memory' || answer.kind === 'invalid';
        return isCutOff && host.isOver() ? { kind: 'timeout' } : answer;
      } catch (error) {
        // The engine broke off in the middle: what it left cannot even be wiped.
        engine = undefined;
        return { kind: 'thrown', error: brokenOff(error) };
      }
    },
  };
}

interface Ready {
  readonly engine: QuickJs;
  readonly entry: Pointer;
}

function makeReady(engine: QuickJs): Ready {
  const limits = { valueTextMax, messageMax, logLinesMax, logLineMax };
  const entry = evaluate(engine, 'prelude', `(${prelude.toString()})(${JSON.stringify(limits)})`);
  return { engine, entry: present(entry, 'the prelude of scripts') };
}

/** The value of a source; undefined where it is none or threw. */
function evaluate(engine: QuickJs, name: string, source: string): Pointer | undefined {
  const code = writeText(engine, source);
  const file = writeText(engine, name);
  if (!code || !file) return undefined;
  const value = engine.qjs_eval(code.at, code.length, file.at, 0);
  engine.wasm_free(code.at);
  engine.wasm_free(file.at);
  return engine.qjs_is_exception(value) === 0 ? value : undefined;
}

function readProblem(engine: QuickJs): string {
  return readText(engine, engine.qjs_get_exception(), 4 * messageMax) ?? 'it cannot be read';
}

function take({ engine, entry }: Ready, room: number): Picture {
  const { buffer } = engine.memory;
  const words = new Uint32Array(buffer);
  let first = 0;
  let end = words.length;
  while (first < end && words[first] === 0) first += 1;
  while (end > first && words[end - 1] === 0) end -= 1;
  const start = first * words.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(buffer.slice(start, end * words.BYTES_PER_ELEMENT));
  const pages = buffer.byteLength / pageBytes;
  return { pages, start, bytes, stackPointer: engine.__stack_pointer.value, entry, room };
}

interface Pictures {
  find(source: string): Picture | undefined;
  add(source: string, picture: Picture): void;
}

/** Scripts that are kept compiled; the one used longest ago goes first. */
function openPictures(): Pictures {
  const kept = new Map<string, Picture>();
  let keptBytes = 0;
  return {
    find(source) {
      const found = kept.get(source);
      if (!found) return undefined;
      kept.delete(source);
      kept.set(source, found);
      return found;
    },
    add(source, picture) {
      keptBytes += picture.bytes.length - (kept.get(source)?.bytes.length ?? 0);
      kept.delete(source);
      kept.set(source, picture);
      for (const [oldest, { bytes }] of kept) {
        if (keptBytes <= compiledBytesMax) return;
        kept.delete(oldest);
        keptBytes -= bytes.length;
      }
    },
  };
}

function brokenOff(error: unknown): GuestError {
  const message = error instanceof RangeError ? 'too much recursion' : `the engine stopped: ${String(error)}`;
  return { code: '', message, stack: '', logs: '', details: '' };
}
