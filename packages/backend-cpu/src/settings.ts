/**
 * What the WebAssembly engine can do, and the settings that choose among it.
 */
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
  /** Rows × columns of the matrix product's register tile. */
  readonly tile: readonly [rows: number, columns: number];
}

let deterministic = false;
/** The user's choice; null leaves it to the engine. */
let wanted: boolean | null = null;
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
  deterministic = settings.deterministic ?? deterministic;
  if (settings.relaxedSimd === undefined) return;
  wanted = settings.relaxedSimd;
  if (!wanted || detect().relaxed) return;
  const { process } = globalThis as Host;
  process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  found = null;
}

/** Whether kernels can be generated at all. */
export function hasSimd(): boolean {
  return detect().simd;
}

/** Whether code may use fused multiply-add. */
export function useRelaxed(): boolean {
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
    tile: [relaxedSimd ? 6 : 5, 8],
  };
}
