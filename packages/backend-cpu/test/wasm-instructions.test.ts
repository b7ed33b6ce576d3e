/**
 * Every instruction of the assembler's tables: it assembles to what the engine accepts, and computes what its name says
 * on edge values.
 */
import { expect, test } from 'vitest';
import type { Code, F32, F64, I32, I64, V128 } from '../src/wasm/code.ts';
import { ATOMICS, LANE_LOADS, LANE_STORES, type LOADS, type STORES, type TypeName } from '../src/wasm/instructions.ts';
import { LOADED as GIVEN, SIGNATURES, STORED as TAKEN } from '../src/wasm/signatures.ts';
import { features } from '../src/settings.ts';
import { Module } from '../src/wasm/module.ts';
import { assembled } from './wasm-module.ts';
import { bytesOf, lanesOf, ORACLES, type Lane } from './wasm-oracle.ts';

const INTEGERS = [0, 1, -1, 2, -2, 5, 31, 33, 127, -128, 255, 256, 32_767, 65_536, -40_000, 2 ** 31 - 1, -(2 ** 31)];
const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-40,
  -1e-45,
  3.4e38,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  8_388_609.5,
  -3.7,
  Infinity,
  -Infinity,
  NaN,
  Math.PI,
];
const LONGS = [0n, 1n, -1n, 63n, 64n, 2n ** 31n, -(2n ** 33n) - 5n, 2n ** 62n + 12_345n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Edge values of a lane type, as wide as the lane. */
function edges(lane: Lane): readonly (number | bigint)[] {
  if (lane === 'f32' || lane === 'f64') return FLOATS;
  return lane === 'i64' || lane === 'u64' ? LONGS : INTEGERS;
}

function push(code: Code, type: TypeName, address: number): I32 & I64 & F32 & F64 & V128 {
  return code[`${type}_load`](code.i32(address)) as never;
}

function store(code: Code, type: TypeName, address: I32, value: never): void {
  code[`${type}_store`](address, value);
}

const vectors = (lane: Lane, width: number): Uint8Array[] => {
  const list = edges(lane);
  return list.map((_, i) =>
    bytesOf(
      Array.from({ length: width }, (_value, l) => list[(i + 3 * l) % list.length]!),
      lane,
    ),
  );
};
const COUNT: Record<string, number> = {
  i8: 16,
  u8: 16,
  i16: 8,
  u16: 8,
  i32: 4,
  u32: 4,
  i64: 2,
  u64: 2,
  f32: 4,
  f64: 2,
};
const trapping = new Set(['i32_div_s', 'i32_div_u', 'i32_rem_s', 'i32_rem_u']);

for (const [name, oracle] of Object.entries(ORACLES)) {
  test(name, () => {
    const [signature, result] = SIGNATURES[name as keyof typeof ORACLES];
    const types = signature.split(' ') as TypeName[];
    const running = assembled(0, (code) => {
      const target = code.i32(64);
      types.forEach((type, i) => push(code, type, 16 * i));
      store(code, result, target, (code[name as keyof typeof ORACLES] as () => never)());
    });
    const scalar = types.map((type) => type !== 'v128');
    const inputs = types.map((_, i) =>
      scalar[i] && !scalar.every(Boolean)
        ? vectors('i32', 1)
        : vectors(oracle.from, scalar[i] ? 1 : COUNT[oracle.from]!),
    );
    let checked = 0;
    const visit = (operands: Uint8Array[]): void => {
      const next = inputs[operands.length];
      if (next) return next.forEach((bytes) => visit([...operands, bytes]));
      if (trapping.has(name)) {
        const [a, b] = operands.map((bytes) => Number(lanesOf(bytes, 'i32')[0])) as [number, number];
        if (b === 0 || (a === -(2 ** 31) && b === -1)) return;
      }
      running.bytes.fill(0, 0, 128);
      operands.forEach((bytes, i) => running.bytes.set(bytes, 16 * i));
      running.run();
      const got = lanesOf(running.bytes.slice(64, 80), oracle.out);
      const wanted = lanesOf(oracle.run(operands, scalar), oracle.out);
      if (!got.every((x, i) => Object.is(x, wanted[i])))
        expect.fail(
          `${name}(${operands.map((o) => lanesOf(o, oracle.from).join()).join(' | ')}) = ${got.join()}, expected ${wanted.join()}`,
        );
      checked++;
    };
    visit([]);
    expect(checked).toBeGreaterThan(0);
  });
}

test('division by zero and its overflow trap', () => {
  const at = (name: 'i32_div_s' | 'i32_rem_u', a: number, b: number) =>
    assembled(0, (code) => code.i32_store(code.i32(0), code[name](code.i32(a), code.i32(b))));
  expect(() => at('i32_div_s', 1, 0).run()).toThrow(WebAssembly.RuntimeError);
  expect(() => at('i32_rem_u', 1, 0).run()).toThrow(WebAssembly.RuntimeError);
  expect(() => at('i32_div_s', -(2 ** 31), -1).run()).toThrow(WebAssembly.RuntimeError);
});

test.each(['f32x4_relaxed_madd', 'f64x2_relaxed_madd'] as const)('%s is accepted where features() says so', (name) => {
  const lane = name === 'f32x4_relaxed_madd' ? 'f32' : 'f64';
  const m = new Module();
  const { code } = m.fn([], []);
  const target = code.i32(64);
  code.v128_store(target, code[name](push(code, 'v128', 0), push(code, 'v128', 16), push(code, 'v128', 32)));
  m.export('run', code);
  const binary = m.bytes({ maximum: 1, shared: false });
  expect(WebAssembly.validate(binary)).toBe(features().relaxedSimd);
  if (!features().relaxedSimd) return;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const bytes = new Uint8Array(memory.buffer);
  // Whole numbers leave no rounding to differ in.
  [2, 3, 4].forEach((x, i) => bytes.set(bytesOf([x, -x, x * 100, 0.5].slice(0, COUNT[lane]), lane), 16 * i));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  (exports['run'] as () => void)();
  expect(lanesOf(bytes.slice(64, 80), lane)).toEqual([10, 2, 60_400, 0.75].slice(0, COUNT[lane]));
});

const PATTERN = Uint8Array.from({ length: 64 }, (_, i) => (37 * i + 131) & 255);

/** The bytes that a load makes of sixteen bytes of memory. */
const LOADED: { readonly [K in keyof typeof LOADS]: (bytes: Uint8Array) => Uint8Array } = {
  i32_load: (b) => b.slice(0, 4),
  i64_load: (b) => b.slice(0, 8),
  f32_load: (b) => b.slice(0, 4),
  f64_load: (b) => b.slice(0, 8),
  i32_load8_s: (b) => bytesOf([lanesOf(b, 'i8')[0]!], 'i32'),
  i32_load8_u: (b) => bytesOf([lanesOf(b, 'u8')[0]!], 'i32'),
  i32_load16_s: (b) => bytesOf([lanesOf(b, 'i16')[0]!], 'i32'),
  i32_load16_u: (b) => bytesOf([lanesOf(b, 'u16')[0]!], 'i32'),
  v128_load: (b) => b,
  i32x4_load16x4_s: (b) => bytesOf(lanesOf(b, 'i16').slice(0, 4), 'i32'),
  i32x4_load16x4_u: (b) => bytesOf(lanesOf(b, 'u16').slice(0, 4), 'i32'),
  v128_load32_splat: (b) => bytesOf(Array<number>(4).fill(Number(lanesOf(b, 'i32')[0])), 'i32'),
  v128_load64_splat: (b) => bytesOf([lanesOf(b, 'i64')[0]!, lanesOf(b, 'i64')[0]!], 'i64'),
  v128_load32_zero: (b) => b.slice(0, 4),
  v128_load64_zero: (b) => b.slice(0, 8),
};

const padded = (bytes: Uint8Array): number[] => [...bytes, ...Array<number>(16 - bytes.length).fill(0)];

for (const [name, expected] of Object.entries(LOADED))
  test.each([0, 1, 5, 200])(`${name} at offset %i`, (offset) => {
    const key = name as keyof typeof LOADS;
    const running = assembled(0, (code) => {
      const target = code.i32(512);
      const value = code[key](code.i32(7), offset) as never;
      store(code, GIVEN[key], target, value);
    });
    running.bytes.set(PATTERN.subarray(0, 16), 7 + offset);
    running.run();
    expect([...running.bytes.slice(512, 528)]).toEqual(padded(expected(PATTERN.slice(0, 16))));
  });

const STORED: { readonly [K in keyof typeof STORES]: number } = {
  i32_store: 4,
  i64_store: 8,
  f32_store: 4,
  f64_store: 8,
  i32_store8: 1,
  i32_store16: 2,
  v128_store: 16,
};

for (const [name, width] of Object.entries(STORED))
  test(name, () => {
    const key = name as keyof typeof STORES;
    const running = assembled(0, (code) => {
      const target = code.i32(500);
      const value = push(code, TAKEN[key], 0) as never;
      (code[key] as (address: I32, value: never, offset: number) => void)(target, value, 12);
    });
    running.bytes.set(PATTERN.subarray(0, 16));
    running.run();
    expect([...running.bytes.slice(512, 528)]).toEqual(padded(PATTERN.slice(0, width)));
  });

for (const [name, [, width]] of Object.entries(LANE_LOADS))
  test(`${name} replaces each lane`, () => {
    for (let lane = 0; lane < 16 / width; lane++) {
      const running = assembled(0, (code) => {
        const target = code.i32(512);
        const key = name as keyof typeof LANE_LOADS;
        code.v128_store(target, code[key](code.i32(3), push(code, 'v128', 32), lane, 61));
      });
      running.bytes.set(PATTERN.subarray(0, 16), 64);
      running.bytes.set(PATTERN.subarray(32, 48), 32);
      running.run();
      const wanted = PATTERN.slice(32, 48);
      wanted.set(PATTERN.subarray(0, width), lane * width);
      expect(running.bytes.slice(512, 528)).toEqual(wanted);
    }
  });

for (const [name, [, width]] of Object.entries(LANE_STORES))
  test(`${name} stores each lane`, () => {
    for (let lane = 0; lane < 16 / width; lane++) {
      const running = assembled(0, (code) => {
        const target = code.i32(500);
        code[name as keyof typeof LANE_STORES](target, push(code, 'v128', 0), lane, 12);
      });
      running.bytes.set(PATTERN.subarray(0, 16));
      running.run();
      const wanted = PATTERN.slice(lane * width, (lane + 1) * width);
      expect([...running.bytes.slice(512, 528)]).toEqual(padded(wanted));
    }
  });

test('atomic instructions, on a word at an offset', () => {
  const word = (write: (code: Code) => void, before: number): Int32Array => {
    const running = assembled(0, write);
    running.view.setInt32(40, before, true);
    running.run();
    return new Int32Array(running.bytes.buffer, 0, 16);
  };
  const loaded = word((f) => f.i32_store(f.i32(0), f.i32_atomic_load(f.i32(32), 8)), 77);
  expect(loaded[0]).toBe(77);
  expect(word((f) => f.i32_atomic_store(f.i32(32), f.i32(-5), 8), 77)[10]).toBe(-5);
  const added = word((f) => f.i32_store(f.i32(0), f.i32_atomic_add(f.i32(32), f.i32(-7), 8)), 77);
  expect([added[0], added[10]]).toEqual([77, 70]);
  expect(word((f) => f.i32_store(f.i32(0), f.atomic_notify(f.i32(32), f.i32(1), 8)), 77)[0]).toBe(0);
  expect(Object.keys(ATOMICS)).toHaveLength(5);
});

test('waiting ends at once where the word has changed, and after its time otherwise', () => {
  const m = new Module();
  const { code: f } = m.fn([], []);
  f.i32_store(f.i32(0), f.atomic_wait(f.i32(32), f.i32(3), f.i64(-1), 8));
  f.i32_store(f.i32(4), f.atomic_wait(f.i32(32), f.i32(0), f.i64(1000), 8));
  m.export('run', f);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const module = new WebAssembly.Module(m.bytes({ maximum: 1, shared: true }));
  (new WebAssembly.Instance(module, { env: { memory } }).exports['run'] as () => void)();
  expect([...new Int32Array(memory.buffer, 0, 2)]).toEqual([1, 2]);
});

test('unreachable traps', () => {
  expect(() => assembled(0, (f) => f.unreachable()).run()).toThrow(WebAssembly.RuntimeError);
});
