/**
 * What the WebAssembly engine can do, and the settings that choose among it.
 */
import { ConfigError } from '@dl/tensor';
import { mayWait, offeredThreads } from './threads/host.ts';
import { Module } from './wasm/module.ts';
import type { V128 } from './wasm/code.ts';

/** Settings of the backend. */
export interface CpuSettings {
  /**
   * Fused multiply-add in matrix products and math functions; default: where the engine has it. On Node 20, `true`
   * switches the engine's flag on, which must happen before the first program is compiled.
   */
  readonly relaxedSimd?: boolean;
  /**
   * Multiply and add apart, whatever `relaxedSimd` says: the bits of an engine without fused multiply-add. Default false.
   */
  readonly deterministic?: boolean;
  /**
   * Threads that compute large programs together, the calling one among them; results do not depend on it. Default: as
   * many as the machine offers, at most 4; 1 without shared memory and on a page's main thread, which may not wait.
   */
  readonly threads?: number;
}

/** What was found and chosen. */
export interface CpuFeatures {
  /** Whether kernels are generated; without SIMD they are interpreted. */
  readonly simd: boolean;
  /** Whether fused multiply-add is used. */
  readonly relaxedSimd: boolean;
  /** Whether the heap can be seen by several threads. */
  readonly sharedMemory: boolean;
  readonly deterministic: boolean;
  /** Threads that compute large programs; 1 where there is no shared memory or this thread may not wait. */
  readonly threads: number;
  /** Rows × columns of the matrix product's register tile. */
  readonly tile: readonly [rows: number, columns: number];
}

let deterministic = false;
/** The user's choice; null leaves it to the engine. */
let wanted: boolean | null = null;
/** The user's number of threads; null leaves it to the machine. */
let wantedThreads: number | null = null;
/** The relaxed SIMD of the program that is being compiled again; null otherwise. */
let pinned: boolean | null = null;
const listeners: (() => void)[] = [];
let found: { readonly simd: boolean; readonly relaxed: boolean } | null = null;

function validates(build: (m: Module) => void): boolean {
  const m = new Module();
  build(m);
  return WebAssembly.validate(m.bytes({ maximum: 1, shared: false }));
}

function detect(): { readonly simd: boolean; readonly relaxed: boolean } {
  found ??= {
    simd: validates((m) => {
      const { code, params } = m.fn(['v128'], ['v128']);
      code.f32x4_add(code.get(params[0]), code.get(params[0]));
    }),
    relaxed: validates((m) => {
      const { code, params } = m.fn(['v128'], ['v128']);
      const x = (): V128 => code.get(params[0]);
      code.f32x4_relaxed_madd(x(), x(), x());
    }),
  };
  return found;
}

interface Host {
  readonly process?: {
    getBuiltinModule?(name: string): { setFlagsFromString(flag: string): void } | undefined;
  };
}

/**
 * Changes settings, for programs that are compiled afterwards.
 *
 * @example configure({ relaxedSimd: true });
 */
export function configure(settings: CpuSettings): void {
  if (settings.threads !== undefined) setThreads(settings.threads);
  deterministic = settings.deterministic ?? deterministic;
  if (settings.relaxedSimd === undefined) return;
  wanted = settings.relaxedSimd;
  if (!wanted || detect().relaxed) return;
  const { process } = globalThis as Host;
  process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  found = null;
}

/** Most threads that can be asked for. */
const MOST_THREADS = 64;

/**
 * Sets how many threads compute large programs together, the calling one among them. Results have the same bits for any
 * number. Workers start when a program first needs them; with 1 none ever starts, and those that run end.
 *
 * @throws ConfigError unless `count` is a whole number from 1 to 64.
 * @example setThreads(2);
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS)
    throw new ConfigError(`setThreads: expected a whole number from 1 to ${MOST_THREADS}, got ${count}`);
  wantedThreads = count;
  for (const listener of listeners) listener();
}

/** Calls `listener` whenever the number of threads is set. */
export function onThreads(listener: () => void): void {
  listeners.push(listener);
}

/** How many threads compute large programs, where memory is shared. */
export function threadCount(): number {
  return wantedThreads === null ? offeredThreads() : wantedThreads;
}

/** Runs `body` with relaxed SIMD as it was when a program was compiled first, so that all its code computes alike. */
export function withRelaxed<T>(relaxed: boolean, body: () => T): T {
  pinned = relaxed;
  try {
    return body();
  } finally {
    pinned = null;
  }
}

/** Whether kernels can be generated at all. */
export function hasSimd(): boolean {
  return detect().simd;
}

/** Whether code may use fused multiply-add. */
export function useRelaxed(): boolean {
  if (pinned !== null) return pinned;
  return !deterministic && wanted !== false && detect().relaxed;
}

/**
 * What the engine offers and what is used.
 *
 * @example features().tile; // [5, 8], or [6, 8] with fused multiply-add
 */
export function features(): CpuFeatures {
  const relaxedSimd = useRelaxed();
  return {
    simd: hasSimd(),
    relaxedSimd,
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
    deterministic,
    threads: mayWait() ? threadCount() : 1,
    tile: [relaxedSimd ? 6 : 5, 8],
  };
}
