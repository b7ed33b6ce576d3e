/**
 * The library: functions that many programs use (vector math, register tiles, packing, sorting), each compiled once per
 * heap when a program first needs it, so that they are compiled, and optimised by the engine, once for all programs.
 */
import type { Heap } from '../memory/heap.ts';
import type { Callable, Code } from '../wasm/code.ts';
import { Module, type Params, type Signature } from '../wasm/module.ts';

/** How a function of the library is made. */
export interface Routine<P extends Signature = Signature> {
  /** Identifies it together with everything that its code depends on. */
  readonly name: string;
  readonly params: P;
  readonly results: Signature;
  readonly write: (code: Code, params: Params<P>, linker: Linker) => void;
}

/** A routine with its parameter types. */
export function routine<const P extends Signature>(
  name: string,
  params: P,
  results: Signature,
  write: (code: Code, params: Params<P>, linker: Linker) => void,
): Routine {
  return { name, params, results, write } as unknown as Routine;
}

/** A function of the host, in float64. */
export interface HostFunction {
  readonly name: string;
  readonly arity: 1 | 2;
  readonly call: (...args: number[]) => number;
}

type Linked = (...args: number[]) => number | void;

/** A module's bytes and the functions that it imports, from which another thread makes it again. */
export interface ModuleSource {
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
}

/** Compiled library functions of one heap. */
export class Library {
  readonly heap: Heap;
  readonly #functions = new Map<string, Linked>();
  readonly #sources = new Map<string, ModuleSource>();

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** The compiled function. */
  function(routine: Routine): Linked {
    let linked = this.#functions.get(routine.name);
    if (!linked) {
      const linker = new Linker(this);
      const { code, params } = linker.module.fn(routine.params, routine.results);
      routine.write(code, params as Params<Signature>, linker);
      linker.module.export('f', code);
      const bytes = linker.bytes();
      linked = linker.instantiate(bytes)['f'] as Linked;
      this.#sources.set(routine.name, { bytes, imports: linker.imports });
      this.#functions.set(routine.name, linked);
    }
    return linked;
  }

  /** The module of a compiled function; undefined for functions of the host. */
  source(name: string): ModuleSource | undefined {
    return this.#sources.get(name);
  }
}

/** Resolves what one module imports. */
export class Linker {
  readonly module: Module = new Module();
  readonly #library: Library;
  readonly #imports: Record<string, Linked> = {};

  constructor(library: Library) {
    this.#library = library;
  }

  /** A function of the library. */
  use(routine: Routine): Callable {
    this.#imports[routine.name] ??= this.#library.function(routine);
    return this.module.import(routine.name, routine.params, routine.results);
  }

  /** A function of the host. */
  host({ name, arity, call }: HostFunction): Callable {
    this.#imports[name] ??= call;
    return this.module.import(name, arity === 1 ? ['f64'] : ['f64', 'f64'], ['f64']);
  }

  /** Names of all functions that the module imports. */
  get imports(): readonly string[] {
    return [...this.module.imports];
  }

  /** The module's bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.module.bytes(this.#library.heap);
  }

  /** Compiles the module and binds its imports. */
  instantiate(bytes: Uint8Array<ArrayBuffer> = this.bytes()): WebAssembly.Exports {
    const compiled = new WebAssembly.Module(bytes);
    const env = { memory: this.#library.heap.memory, ...this.#imports };
    return new WebAssembly.Instance(compiled, { env }).exports;
  }
}
