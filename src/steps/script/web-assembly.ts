/** The part of WebAssembly that is used here: the platform has it, the type declarations of Node do not. */
export interface WasmModule {
  readonly isWasmModule: unique symbol;
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By pages of 64 KiB. */
  grow(pages: number): number;
}

export interface WasmGlobal {
  value: number;
}

type Imports = Readonly<Record<string, Readonly<Record<string, (...given: never[]) => number | undefined>>>>;

interface WasmPlatform {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Instance: new (module: WasmModule, imports: Imports) => { readonly exports: unknown };
}

const platform = (globalThis as unknown as { readonly WebAssembly: WasmPlatform }).WebAssembly;

export const compileWasm = (bytes: Uint8Array): Promise<WasmModule> => platform.compile(bytes);

/** The exports of a fresh instance. */
export const startWasm = (module: WasmModule, imports: Imports): unknown =>
  new platform.Instance(module, imports).exports;
