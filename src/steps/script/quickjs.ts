/**
 * QuickJS in WebAssembly: its exports that are used here, and the few things that it asks of its host.
 *
 * No function of the host can be called by a script: none is registered, and the import for them refuses. The time is
 * the run's; there is no time zone but UTC, no randomness, no file, no module.
 */
import { assert, Impossible } from '../../kit/assert.ts';
import { startWasm, type WasmGlobal, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** A place in the guest's memory; 0 is none. */
export type Pointer = number;

export interface QuickJs {
  readonly memory: WasmMemory;
  readonly __stack_pointer: WasmGlobal;
  _initialize(): void;
  qjs_init2(intrinsics: number): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_set_interrupt_handler(isOn: number): void;
  qjs_eval(code: Pointer, length: number, file: Pointer, flags: number): Pointer;
  qjs_call(callee: Pointer, self: Pointer, count: number, list: Pointer): Pointer;
  qjs_is_exception(value: Pointer): number;
  qjs_get_exception(): Pointer;
  qjs_get_undefined(): Pointer;
  qjs_new_string(text: Pointer, length: number): Pointer;
  qjs_new_number(value: number): Pointer;
  qjs_get_string_len(value: Pointer, length: Pointer): Pointer;
  wasm_malloc(bytes: number): Pointer;
  wasm_free(pointer: Pointer): void;
}

/** What the engine asks while it runs. */
export interface Host {
  nowMs(): number;
  /** Asked now and then by code that loops, not by loops inside the engine's own functions. */
  isOver(): boolean;
}

/** Date, eval (compiling needs it), RegExp, JSON, Proxy, Map and Set, typed arrays, Promise, BigInt; nothing that shows time or memory. */
const intrinsics = 0b1_1111_1111;

const success = 0;
const badDescriptor = 8;
const notThere = 52;

export function startQuickJs(module: WasmModule, host: Host, limits: QuickJsLimits): QuickJs {
  let memory: WasmMemory | undefined;
  const engine = startWasm(module, {
    env: {
      host_call: refuseCall,
      host_interrupt: () => (host.isOver() ? 1 : 0),
      host_promise_rejection: () => undefined,
      host_module_normalize: () => 0,
      host_module_load: () => 0,
      host_get_timezone_offset: () => 0,
    },
    wasi_snapshot_preview1: {
      clock_time_get(_clock: number, _precision: bigint, at: Pointer) {
        if (memory) new DataView(memory.buffer).setBigUint64(at, BigInt(host.nowMs()) * 1_000_000n, true);
        return success;
      },
      random_get(at: Pointer, length: number) {
        if (memory) new Uint8Array(memory.buffer, at, length).fill(0);
        return success;
      },
      fd_write: () => badDescriptor,
      fd_fdstat_get: () => badDescriptor,
      fd_close: () => notThere,
      fd_seek: () => notThere,
    },
  }) as QuickJs;
  memory = engine.memory;
  engine._initialize();
  assert(engine.qjs_init2(intrinsics) === success, 'the script engine does not start');
  engine.qjs_set_memory_limit(limits.memoryBytes);
  engine.qjs_set_max_stack_size(limits.stackBytes);
  engine.qjs_set_interrupt_handler(1);
  return engine;
}

function refuseCall(): never {
  throw new Impossible('a script called its host');
}

export interface QuickJsLimits {
  readonly memoryBytes: number;
  readonly stackBytes: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A text as bytes with a NUL behind them; whoever asks frees it. Undefined where there is no room. */
export function writeText(engine: QuickJs, text: string): { at: Pointer; length: number } | undefined {
  const bytes = encoder.encode(text);
  const at = engine.wasm_malloc(bytes.length + 1);
  if (at === 0) return undefined;
  const memory = new Uint8Array(engine.memory.buffer);
  memory.set(bytes, at);
  memory[at + bytes.length] = 0;
  return { at, length: bytes.length };
}

/** A string of the guest, unless it has more than `bytesMax` as UTF-8: a text that a script made is not to be trusted. */
export function readText(engine: QuickJs, value: Pointer, bytesMax: number): string | undefined {
  const lengthAt = engine.wasm_malloc(4);
  if (lengthAt === 0) return undefined;
  const at = engine.qjs_get_string_len(value, lengthAt);
  if (at === 0) return undefined;
  const length = new DataView(engine.memory.buffer).getUint32(lengthAt, true);
  if (length > bytesMax) return undefined;
  return decoder.decode(new Uint8Array(engine.memory.buffer, at, length));
}

/** Calls a function of the guest; undefined where it threw. */
export function callGuest(engine: QuickJs, callee: Pointer, given: readonly Pointer[]): Pointer | undefined {
  const list = engine.wasm_malloc(4 * given.length);
  if (list === 0) return undefined;
  const view = new DataView(engine.memory.buffer);
  for (const [place, value] of given.entries()) view.setUint32(list + 4 * place, value, true);
  const result = engine.qjs_call(callee, engine.qjs_get_undefined(), given.length, list);
  return engine.qjs_is_exception(result) === 0 ? result : undefined;
}
