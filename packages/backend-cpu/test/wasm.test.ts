/**
 * The assembler: number formats, constants, locals, control flow, calls, and what it refuses.
 */
import { describe, expect, test } from 'vitest';
import { Bytes, floatBits } from '../src/wasm/bytes.ts';
import { Module } from '../src/wasm/module.ts';
import { pushed, type Code, type I32, type Local } from '../src/wasm/code.ts';
import { assembled, valueOf } from './wasm-module.ts';

function written(write: (bytes: Bytes) => void): number[] {
  const bytes = new Bytes();
  write(bytes);
  return [...bytes.view()];
}

/** LEB128 by its definition: seven bits at a time, lowest first. */
function decoded(bytes: readonly number[], signed: boolean): number {
  let value = 0n;
  bytes.forEach((byte, i) => (value |= BigInt(byte & 127) << BigInt(7 * i)));
  if (signed && bytes.at(-1)! & 64) value -= 1n << BigInt(7 * bytes.length);
  expect(bytes.every((byte, i) => byte > 127 === i < bytes.length - 1)).toBe(true);
  return Number(value);
}

describe('bytes', () => {
  const edges = [0, 1, 63, 64, 127, 128, 8191, 8192, 16_383, 16_384, 2 ** 20, 2 ** 21, 2 ** 27, 2 ** 28, 2 ** 31 - 1];

  test.each([...edges, 2 ** 31, 2 ** 32 - 1])('unsigned LEB128 of %i', (value) => {
    const bytes = written((b) => b.unsigned(value));
    expect(decoded(bytes, false)).toBe(value);
    expect(bytes.length).toBe(value === 0 ? 1 : Math.ceil((Math.floor(Math.log2(value)) + 1) / 7));
  });

  test.each([...edges, ...edges.map((x) => -x), ...edges.map((x) => -x - 1)])('signed LEB128 of %i', (value) => {
    const bytes = written((b) => b.signed(value));
    expect(decoded(bytes, true)).toBe(value + 0);
    // One byte holds −64 … 63: the sign takes a bit.
    const magnitude = value < 0 ? -value - 1 : value;
    expect(bytes.length).toBe(magnitude < 1 ? 1 : Math.ceil((Math.floor(Math.log2(magnitude)) + 2) / 7));
  });

  test('signed numbers wrap modulo 2³²', () => {
    expect(
      decoded(
        written((b) => b.signed(2 ** 32 - 1)),
        true,
      ),
    ).toBe(-1);
    expect(
      decoded(
        written((b) => b.signed(2 ** 31)),
        true,
      ),
    ).toBe(-(2 ** 31));
  });

  test.each([-1, 0.5, NaN, 2 ** 32, Infinity])('unsigned refuses %d', (value) => {
    expect(() => new Bytes().unsigned(value)).toThrow(`wasm: ${value} is not a whole number from 0`);
  });

  test.each([0.5, NaN, -Infinity])('signed refuses %d', (value) => {
    expect(() => new Bytes().signed(value)).toThrow(`wasm: ${value} is not a whole number`);
  });

  test('words, doubles and text', () => {
    expect(written((b) => b.word(0x89abcdef))).toEqual([0xef, 0xcd, 0xab, 0x89]);
    expect(written((b) => b.double(-2.5))).toEqual([...new Uint8Array(new Float64Array([-2.5]).buffer)]);
    expect(written((b) => b.text('π0'))).toEqual([3, 0xcf, 0x80, 0x30]);
  });

  test('grows past its first size, byte by byte and at once', () => {
    const large = Array.from({ length: 3000 }, (_, i) => i & 255);
    expect(written((b) => large.forEach((x) => b.byte(x)))).toEqual(large);
    expect(written((b) => b.sized(large)).slice(2)).toEqual(large);
  });

  test('float bits', () => {
    expect(floatBits(1)).toBe(0x3f800000);
    expect(floatBits(-0)).toBe(-(2 ** 31));
    expect(floatBits(1e-46)).toBe(0);
  });
});

describe('constants', () => {
  test.each([0, -1, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)])('i32 %i', (value) => {
    expect(valueOf((f) => f.i32(value))).toBe(value);
  });

  test.each([0, -1, 2 ** 31 - 1, -(2 ** 31)])('i64 %i', (value) => {
    const running = assembled(0, (f) => f.i64_store(f.i32(0), f.i64(value)));
    running.run();
    expect(running.view.getBigInt64(0, true)).toBe(BigInt(value));
  });

  test.each([2 ** 31, -(2 ** 31) - 1, 0.5])('i64 refuses %d', (value) => {
    expect(() => assembled(0, (f) => void f.i64(value))).toThrow('does not fit 32 bits');
  });

  test.each([0, -0, 1.1, 5e-324, NaN, -Infinity])('f64 %d', (value) => {
    const running = assembled(0, (f) => f.f64_store(f.i32(0), f.f64(value)));
    running.run();
    expect(running.view.getFloat64(0, true)).toBe(value);
  });

  test('vectors: zeros, ones, floats, doubles, words, each used twice', () => {
    const running = assembled(0, (f) => {
      const make = [
        () => f.bits(0),
        () => f.bits(-1),
        () => f.bits(7),
        () => f.splat(0.1),
        () => f.splat64(-0.1),
        () => f.words([1, 2, -3, 4]),
      ];
      [...make, ...make].forEach((vector, i) => f.v128_store(f.i32(16 * i), vector()));
    });
    running.run();
    const ints = new Int32Array(running.bytes.buffer, 0, 48);
    const [float] = new Int32Array(new Float32Array([0.1]).buffer);
    const double = [...new Int32Array(new Float64Array([-0.1, -0.1]).buffer)];
    const once = [0, 0, 0, 0, -1, -1, -1, -1, 7, 7, 7, 7, float, float, float, float, ...double, 1, 2, -3, 4];
    expect([...ints]).toEqual([...once, ...once]);
  });
});

describe('lanes', () => {
  const vector = (f: Code) => f.words([10, -20, 30, -40]);

  test.each([0, 1, 2, 3])('lane %i is read and replaced', (lane) => {
    expect(valueOf((f) => f.i32_lane(vector(f), lane))).toBe([10, -20, 30, -40][lane]);
    const running = assembled(0, (f) => {
      f.v128_store(f.i32(0), f.i32_replace(vector(f), lane, f.i32(99)));
      f.f32_store(f.i32(16), f.f32_lane(f.f32x4_convert_i32x4_s(vector(f)), lane));
      f.f64_store(f.i32(24), f.f64_lane(f.f64x2_convert_low_i32x4_s(vector(f)), lane & 1));
      f.v128_store(f.i32(32), f.f64_replace(f.splat64(1.5), lane & 1, f.f64(-9)));
    });
    running.run();
    const wanted = [10, -20, 30, -40];
    expect(running.view.getFloat32(16, true)).toBe(wanted[lane]);
    expect(running.view.getFloat64(24, true)).toBe(wanted[lane & 1]);
    expect([...new Float64Array(running.bytes.buffer, 32, 2)]).toEqual(lane & 1 ? [1.5, -9] : [-9, 1.5]);
    wanted[lane] = 99;
    expect([...new Int32Array(running.bytes.buffer, 0, 4)]).toEqual(wanted);
  });

  test('shuffle takes words of both vectors', () => {
    const running = assembled(0, (f) =>
      f.v128_store(f.i32(0), f.shuffle(vector(f), f.words([1, 2, 3, 4]), [7, 0, 4, 2])),
    );
    running.run();
    expect([...new Int32Array(running.bytes.buffer, 0, 4)]).toEqual([4, 10, 1, 30]);
  });

  test.each([
    ['a lane of four', (f: Code) => f.i32_lane(f.bits(0), 4)],
    ['a lane of two', (f: Code) => f.f64_lane(f.bits(0), 2)],
    ['a negative lane', (f: Code) => f.f32_lane(f.bits(0), -1)],
    ['a replaced lane', (f: Code) => f.i32_replace(f.bits(0), 1.5, f.i32(0))],
    ['a word of a shuffle', (f: Code) => f.shuffle(f.bits(0), f.bits(0), [0, 1, 2, 8])],
    ['a lane to load', (f: Code) => f.v128_load64_lane(f.i32(0), f.bits(0), 2)],
    ['a lane to store', (f: Code) => f.v128_store8_lane(f.i32(0), f.bits(0), 16)],
  ])('refuses %s that does not exist', (_, write: (f: Code) => unknown) => {
    expect(() => assembled(0, (f) => void write(f))).toThrow(/^wasm: there is no lane .+ of \d/);
  });

  test('refuses a negative offset', () => {
    expect(() => assembled(0, (f) => void f.i32_load(f.i32(0), -4))).toThrow('wasm: -4 is not a whole number');
  });
});

describe('locals', () => {
  test('a scope gives its locals back, and inner scopes theirs first', () => {
    const used: number[] = [];
    const body = (f: Code): I32 => {
      f.scope(() => {
        used.push(f.local('i32').index);
        f.scope(() => used.push(f.local('i32').index));
        used.push(f.local('i32').index);
      });
      used.push(f.local('i32').index, f.local('v128').index);
      return f.i32(1);
    };
    expect(valueOf(body)).toBe(1);
    const [a, b, c, d, e] = used;
    expect(b).toBe(c);
    expect([a, b]).toContain(d);
    expect([a, b]).not.toContain(e);
  });

  test('mixed types keep their places', () => {
    const running = assembled(1, (f) => {
      const list = [f.local('i32'), f.local('v128'), f.local('f64'), f.local('i32')] as const;
      f.set(list[0], f.i32(1));
      f.set(list[1], f.splat(2));
      f.set(list[2], f.f64(3));
      f.set(list[3], f.i32(4));
      f.v128_store(f.i32(0), f.get(list[1]));
      f.f64_store(f.i32(16), f.get(list[2]));
      f.i32_store(f.i32(24), f.i32_add(f.get(list[0]), f.get(list[3])));
    });
    running.run(0);
    expect(running.view.getFloat32(12, true)).toBe(2);
    expect(running.view.getFloat64(16, true)).toBe(3);
    expect(running.view.getInt32(24, true)).toBe(5);
  });

  test('entries load once, before the body', () => {
    const running = assembled(1, (f) => {
      const table: Local<I32> = { index: 0, type: pushed };
      f.i32_store(f.get(table), f.i32(0), 8);
      const at = f.i32(64);
      f.i32_store(at, f.i32_add(f.get(f.entry('i32', table, 8)), f.get(f.entry('i32', table, 8))));
    });
    running.view.setInt32(24, 21, true);
    running.run(16);
    expect(running.view.getInt32(64, true)).toBe(42);
    expect(running.view.getInt32(24, true)).toBe(0);
  });
});

describe('control flow', () => {
  const argument: Local<I32> = { index: 0, type: pushed };

  test.each([
    [0, 5],
    [1, 3],
    [-7, 3],
  ])('if(%i)', (condition, result) => {
    const running = assembled(
      1,
      (f) => {
        const out = f.local('i32');
        f.if(
          f.get(argument),
          () => f.set(out, f.i32(3)),
          () => f.set(out, f.i32(5)),
        );
        f.if(f.i32(0), () => f.set(out, f.i32(9)));
        return void f.get(out);
      },
      true,
    );
    expect(running.run(condition)).toBe(result);
  });

  test.each([
    [-3, []],
    [0, []],
    [1, [0]],
    [3, [0]],
    [7, [0, 3, 6]],
  ])('for up to %i in steps of 3', (to, visited) => {
    const running = assembled(1, (f) => {
      const [i, at] = [f.local('i32'), f.keep(f.i32(0))];
      f.for(
        i,
        () => f.i32(0),
        () => f.get(argument),
        3,
        () => {
          f.i32_store(f.get(at), f.get(i));
          f.set(at, f.i32_add(f.get(at), f.i32(4)));
        },
      );
      f.i32_store(f.i32(512), f.get(at));
    });
    running.run(to);
    expect([...new Int32Array(running.bytes.buffer, 0, running.view.getInt32(512, true) / 4)]).toEqual(visited);
  });

  test.each([0, 1, 4])('times %i', (count) => {
    const running = assembled(
      1,
      (f) => {
        const sum = f.keep(f.i32(100));
        f.times(
          () => f.get(argument),
          (i) => f.set(sum, f.i32_add(f.get(sum), f.get(i))),
        );
        return void f.get(sum);
      },
      true,
    );
    expect(running.run(count)).toBe(100 + (count * (count - 1)) / 2);
  });

  test('repeat runs at least once; blocks and branches leave loops', () => {
    const result = valueOf((f) => {
      const n = f.keep(f.i32(0));
      const step = (): void => f.set(n, f.i32_add(f.get(n), f.i32(1)));
      f.repeat(() => {
        step();
        return f.i32(0);
      });
      f.block(() =>
        f.loop(() => {
          step();
          f.br_if(1, f.i32_gt_s(f.get(n), f.i32(9)));
          f.br(0);
        }),
      );
      return f.get(n);
    });
    expect(result).toBe(10);
  });

  test.each([
    [3, -4, -4],
    [-4, 3, -4],
    [5, 5, 5],
  ])('the smaller of %i and %i', (a, b, smaller) => {
    expect(valueOf((f) => f.smaller(f.keep(f.i32(a)), f.keep(f.i32(b))))).toBe(smaller);
  });

  test('tee, select and kept vectors', () => {
    expect(valueOf((f) => f.i32_add(f.tee(f.local('i32'), f.i32(4)), f.select(f.i32(1), f.i32(2), f.i32(0))))).toBe(6);
    expect(valueOf((f) => f.i32_lane(f.get(f.keepVector(f.bits(8))), 2))).toBe(8);
  });
});

describe('modules', () => {
  test('functions call later ones and imports, whichever was declared first', () => {
    const m = new Module();
    const { code: first } = m.fn([], ['i32']);
    const { code: second, params } = m.fn(['i32', 'i32'], ['i32']);
    const host = m.import('double', ['f64'], ['f64']);
    expect(m.import('double', ['f64'], ['f64'])).toBe(host);
    first.call(second, first.i32(50), first.i32(8));
    second.f64_store(second.i32(0), second.call(host, second.f64(1.5)));
    second.i32_sub(second.get(params[0]), second.get(params[1]));
    m.export('run', first);
    expect([...m.imports]).toEqual(['double']);
    const bytes = m.bytes({ maximum: 2, shared: false });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const env = { memory, double: (x: number) => 2 * x };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
    expect((exports['run'] as () => number)()).toBe(42);
    expect(new Float64Array(memory.buffer)[0]).toBe(3);
  });

  test('many functions, locals and constants need longer numbers', () => {
    const m = new Module();
    const last = Array.from({ length: 300 }, (_, i) => {
      const { code } = m.fn([], ['i32']);
      const locals = code.locals('i32', 200);
      code.set(locals[199]!, code.i32_lane(code.words([i, 1, 2, 3]), 0));
      code.get(locals[199]!);
      m.export(`f${i}`, code);
      return code;
    }).at(-1)!;
    const { code } = m.fn([], ['i32']);
    code.call(last);
    m.export('run', code);
    const bytes = m.bytes({ maximum: 1, shared: false });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    expect((exports['run'] as () => number)()).toBe(299);
    expect((exports['f130'] as () => number)()).toBe(130);
  });

  test('a shared memory is imported as such', () => {
    const m = new Module();
    const { code } = m.fn([], []);
    m.export('run', code);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3, shared: true });
    const start = (shared: boolean) =>
      new WebAssembly.Instance(new WebAssembly.Module(m.bytes({ maximum: 3, shared })), { env: { memory } });
    expect(start(true).exports).toHaveProperty('run');
    expect(() => start(false)).toThrow(WebAssembly.LinkError);
  });
});
