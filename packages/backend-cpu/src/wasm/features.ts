/**
 * What the WebAssembly engine can do, and the settings that choose among it.
 */
import { Module, type V128 } from './assembler.ts';

/** Settings of the backend. */
export interface CpuSettings {
  /** Fused multiply-add in matrix products. On Node 20 this switches the engine's flag on, before the first kernel. */
  readonly relaxedSimd?: boolean;
  /** Multiply, then add, everywhere: the same bits on every engine. */
  readonly deterministic?: boolean;
}

/** What was found and chosen. */
export interface CpuFeatures {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly sharedMemory: boolean;
  /** Rows × columns of the matrix product's register tile. */
  readonly tile: readonly [rows: number, columns: number];
}

let deterministic = false;
let relaxed: boolean | null = null;

function validates(build: (m: Module) => void): boolean {
  const m = new Module();
  build(m);
  return WebAssembly.validate(m.bytes({ maximum: 1, shared: false }));
}

function hasSimd(): boolean {
  return validates((m) => {
    const { code } = m.fn([], ['v128']);
    code.f32x4_add(code.splat(1), code.splat(2));
  });
}

function hasRelaxed(): boolean {
  return validates((m) => {
    const { code, params } = m.fn(['v128'], ['v128']);
    const x = (): V128 => code.get(params[0]);
    code.f32x4_relaxed_madd(x(), x(), x());
  });
}

/**
 * Changes settings; takes effect for programs compiled afterwards.
 *
 * @example configure({ relaxedSimd: true });
 */
export function configure(settings: CpuSettings): void {
  deterministic = settings.deterministic ?? deterministic;
  if (settings.relaxedSimd === false) relaxed = false;
  if (settings.relaxedSimd === true) {
    const host = globalThis as {
      readonly process?: { getBuiltinModule?(name: string): { setFlagsFromString(flag: string): void } | undefined };
    };
    if (!hasRelaxed())
      host.process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
    relaxed = hasRelaxed();
  }
}

/** Whether matrix products may use fused multiply-add. */
export function useRelaxed(): boolean {
  relaxed ??= hasRelaxed();
  return relaxed && !deterministic;
}

/** What the engine offers and what is used. */
export function features(): CpuFeatures {
  return {
    simd: hasSimd(),
    relaxedSimd: useRelaxed(),
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
    tile: [useRelaxed() ? 6 : 5, 8],
  };
}
