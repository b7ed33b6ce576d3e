/**
 * Runs single functions of the assembler over a memory of their own.
 */
import { expect } from 'vitest';
import type { Code, I32 } from '../src/wasm/code.ts';
import { Module } from '../src/wasm/module.ts';

export interface Running {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  run(...args: number[]): number;
}

/** Assembles a function `(i32, …) → i32?`, checks that the engine accepts the module, and instantiates it. */
export function assembled(params: number, write: (code: Code, m: Module) => void, returns = false): Running {
  const m = new Module();
  const { code } = m.fn(
    Array.from({ length: params }, () => 'i32' as const),
    returns ? ['i32'] : [],
  );
  write(code, m);
  m.export('run', code);
  const binary = m.bytes({ maximum: 1, shared: false });
  expect(WebAssembly.validate(binary)).toBe(true);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  return {
    bytes: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
    run: exports['run'] as (...args: number[]) => number,
  };
}

/** A function without parameters whose result is an int32. */
export function valueOf(write: (code: Code, m: Module) => I32): number {
  return assembled(0, write, true).run();
}
