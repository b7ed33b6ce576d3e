/**
 * Accuracy of the float functions, in units of the last place, against float64; run with and without fused multiply-add.
 */
import { cpu } from '@dl/backend-cpu';
import { load, type DType, type Program, type ScalarExpr, type TypedArray } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { describe, expect, test } from 'vitest';
import { BINARY, binaryExpr, UNARY } from './accuracy-table.ts';
import { runProgram } from './run-program.ts';

const SEED = Number(process.env['DL_TEST_SEED'] ?? 1);
const COUNT = 120_000;

/** An elementwise program over arrays of a length. */
function elementwise(length: number, inputs: number, expr: ScalarExpr, dtype: DType = 'float32'): Program {
  const operand = (buffer: number) => ({ buffer, dtype, offset: 0, strides: [1] });
  return {
    name: 'accuracy',
    buffers: Array.from({ length: inputs + 1 }, (_, i) => ({
      role: i < inputs ? 'input' : 'output',
      dtype,
      size: length,
    })),
    args: Array.from({ length: inputs + 1 }, (_, i) => i),
    params: [],
    kernels: [
      {
        kind: 'map',
        shape: [length],
        operands: Array.from({ length: inputs }, (_, i) => operand(i)),
        outputs: [{ operand: operand(inputs), expr }],
      },
    ],
  };
}

/** Runs an expression over arrays of one dtype. */
export function evaluate(expr: ScalarExpr, ...inputs: TypedArray[]): TypedArray {
  const out = inputs[0]!.slice();
  const dtype = expr.dtype === 'float64' ? 'float64' : 'float32';
  return runProgram(cpu(), elementwise(out.length, inputs.length, expr, dtype), [...inputs, out]).at(-1)!;
}

const LARGEST = 2 ** 128 - 2 ** 104;

/** Distance between neighbouring floats around a number. */
function spacing(x: number): number {
  const exponent = x === 0 ? -149 : Math.floor(Math.log2(Math.abs(x)));
  return 2 ** Math.max(-149, Math.min(104, exponent - 23));
}

/** Error in ulp; beyond the largest float, infinity counts as the next number. */
function error(got: number, exact: number): number {
  if (Number.isNaN(exact) || Number.isNaN(got)) return Number.isNaN(exact) && Number.isNaN(got) ? 0 : Infinity;
  const cap = (x: number): number => Math.sign(x) * Math.min(Math.abs(x), LARGEST + 2 ** 104);
  return Math.abs(cap(got) - cap(exact)) / spacing(cap(exact));
}

/** Every magnitude with both signs, the edges of the format, and the given intervals. */
export function samples(near: readonly (readonly [number, number])[], seed: number): Float32Array {
  const random = testRandom(seed);
  const edges = [0, 2 ** -149, 2 ** -127, 2 ** -126, 1, 2 ** 127, LARGEST, Infinity].flatMap((x) => [x, -x]);
  const any = (): number => (random.next() < 0.5 ? -1 : 1) * 2 ** (random.next() * 278 - 150);
  const out = Float32Array.from({ length: COUNT }, (_, i) => {
    const interval = near[i % (near.length + 1)];
    return interval ? interval[0] + (interval[1] - interval[0]) * random.next() : any();
  });
  out.set([...edges, NaN]);
  return out;
}

interface Worst {
  readonly ulp: number;
  readonly where: string;
}

function worst(got: TypedArray, exact: (i: number) => number, where: (i: number) => string): Worst {
  let [ulp, at] = [0, 0];
  got.forEach((value: number, i: number) => {
    const off = error(value, exact(i));
    if (off > ulp) [ulp, at] = [off, i];
  });
  return { ulp, where: `${where(at)} = ${got[at]}, exactly ${exact(at)}` };
}

function report(name: string, { ulp, where }: Worst, limit: number): void {
  if (process.env['SHOW_ULP']) console.log(`${name} ${ulp.toFixed(3)} at ${where}`);
  if (!(ulp <= limit)) expect.fail(`${name}: ${ulp.toFixed(2)} ulp at ${where} (DL_TEST_SEED=${SEED})`);
}

const [I, N, Z] = [Infinity, NaN, -0];
const PI = Math.fround(Math.PI);

/** Arguments and exact results; a missing function has no special values. */
const SPECIAL: { readonly [name: string]: readonly (readonly [x: number, y: number])[] } = {
  exp: [
    [0, 1],
    [Z, 1],
    [-I, 0],
    [I, I],
    [N, N],
    [89, I],
    [-104, 0],
  ],
  expm1: [
    [0, 0],
    [Z, Z],
    [-I, -1],
    [I, I],
    [N, N],
    [-100, -1],
  ],
  log: [
    [1, 0],
    [0, -I],
    [Z, -I],
    [I, I],
    [-1, N],
    [-I, N],
    [N, N],
    [-1e-45, N],
  ],
  log1p: [
    [0, 0],
    [Z, Z],
    [-1, -I],
    [I, I],
    [-2, N],
    [-I, N],
    [N, N],
  ],
  sqrt: [
    [0, 0],
    [Z, Z],
    [4, 2],
    [I, I],
    [-1, N],
    [-I, N],
    [N, N],
  ],
  tanh: [
    [0, 0],
    [Z, Z],
    [I, 1],
    [-I, -1],
    [N, N],
    [30, 1],
  ],
  sin: [
    [0, 0],
    [Z, Z],
    [I, N],
    [-I, N],
    [N, N],
  ],
  cos: [
    [0, 1],
    [Z, 1],
    [I, N],
    [-I, N],
    [N, N],
  ],
  asin: [
    [0, 0],
    [Z, Z],
    [1, PI / 2],
    [-1, -PI / 2],
    [1.5, N],
    [-I, N],
    [N, N],
  ],
  acos: [
    [1, 0],
    [-1, PI],
    [0, PI / 2],
    [1.5, N],
    [-2, N],
    [I, N],
    [N, N],
  ],
  atan: [
    [0, 0],
    [Z, Z],
    [I, PI / 2],
    [-I, -PI / 2],
    [1, PI / 4],
    [N, N],
  ],
  erf: [
    [0, 0],
    [Z, Z],
    [I, 1],
    [-I, -1],
    [9, 1],
    [N, N],
  ],
  rsqrt: [
    [0, I],
    [I, 0],
    [4, 0.5],
    [-1, N],
    [N, N],
  ],
  tan: [
    [0, 0],
    [Z, Z],
    [I, N],
    [N, N],
  ],
  sinh: [
    [0, 0],
    [I, I],
    [-I, -I],
    [N, N],
  ],
  cosh: [
    [0, 1],
    [I, I],
    [-I, I],
    [N, N],
  ],
  asinh: [
    [0, 0],
    [I, I],
    [-I, -I],
    [N, N],
  ],
  acosh: [
    [1, 0],
    [I, I],
    [0, N],
    [N, N],
  ],
  atanh: [
    [0, 0],
    [1, I],
    [-1, -I],
    [2, N],
    [N, N],
  ],
  sigmoid: [
    [0, 0.5],
    [I, 1],
    [-I, 0],
    [N, N],
  ],
};

const SPECIAL2: { readonly [name: string]: readonly (readonly [a: number, b: number, y: number])[] } = {
  pow: [
    [1, N, 1],
    [N, 0, 1],
    [N, Z, 1],
    [N, 1, N],
    [2, N, N],
    [-1, I, 1],
    [-1, -I, 1],
    [2, I, I],
    [2, -I, 0],
    [0.5, I, 0],
    [0.5, -I, I],
    [-0.5, I, 0],
    [0, 3, 0],
    [Z, 3, Z],
    [Z, 2, 0],
    [0, -1, I],
    [Z, -1, -I],
    [Z, -2, I],
    [-2, 3, -8],
    [-2, 0.5, N],
    [I, 2, I],
    [I, -2, 0],
    [-I, 3, -I],
    [-I, 2, I],
    [-I, -3, Z],
    [-I, 0.5, I],
    [0, 0, 1],
  ],
  atan2: [
    [0, 0, 0],
    [Z, 0, Z],
    [0, Z, PI],
    [Z, Z, -PI],
    [0, -1, PI],
    [Z, -1, -PI],
    [1, 0, PI / 2],
    [-1, Z, -PI / 2],
    [I, I, PI / 4],
    [I, -I, Math.fround(2.356194490192345)],
    [-I, I, -PI / 4],
    [1, I, 0],
    [-1, I, Z],
    [1, -I, PI],
    [I, 1, PI / 2],
    [N, 1, N],
    [1, N, N],
    [3e38, 3e38, PI / 4],
    [1e-45, 1e-45, PI / 4],
  ],
  rem: [
    [5, 3, 2],
    [-5, 3, -2],
    [5, -3, 2],
    [Z, 3, Z],
    [0, 3, 0],
    [5, I, 5],
    [I, 5, N],
    [5, 0, N],
    [N, 1, N],
    [-6, 3, Z],
  ],
};

/** Declares the tests; settings of the backend must have been made. */
export function accuracyTests(): void {
  describe('float32 functions', () => {
    for (const [name, { expr, exact, near, ulp }] of Object.entries(UNARY))
      test(`${name} within ${ulp} ulp`, () => {
        const x = samples(near, SEED);
        const got = evaluate(expr(load(0, 'float32')), x);
        report(
          name,
          worst(
            got,
            (i) => exact(x[i]!),
            (i) => `${name}(${x[i]})`,
          ),
          ulp,
        );
      });

    for (const [name, row] of Object.entries(BINARY))
      test(`${name} within ${row.ulp} ulp`, () => {
        const a = samples(
          row.near.map(([first]) => first),
          SEED,
        );
        const b = samples(
          row.near.map(([, second]) => second),
          SEED + 1,
        );
        // Whole exponents too, which negative bases need.
        for (let i = 0; i < COUNT; i += 5) b[i] = Math.round(b[i]!);
        const got = evaluate(binaryExpr(row, load(0, 'float32'), load(1, 'float32')), a, b);
        report(
          name,
          worst(
            got,
            (i) => row.exact(a[i]!, b[i]!),
            (i) => `${name}(${a[i]}, ${b[i]})`,
          ),
          row.ulp,
        );
      });
  });

  describe('special values are exact', () => {
    test.each(Object.keys(UNARY))('%s', (name) => {
      const rows = SPECIAL[name]!;
      const got = evaluate(
        UNARY[name]!.expr(load(0, 'float32')),
        Float32Array.from(rows, ([x]) => x),
      );
      rows.forEach(([x, y], i) => expect([x, got[i]]).toEqual([x, y]));
    });

    test.each(Object.keys(BINARY))('%s', (name) => {
      const rows = SPECIAL2[name]!;
      const expr = binaryExpr(BINARY[name]!, load(0, 'float32'), load(1, 'float32'));
      const got = evaluate(
        expr,
        Float32Array.from(rows, ([a]) => a),
        Float32Array.from(rows, ([, b]) => b),
      );
      rows.forEach(([a, b, y], i) => expect([a, b, got[i]]).toEqual([a, b, y]));
    });
  });

  describe('vectors and what is left of a row give the same bits', () => {
    const all = { ...UNARY, ...BINARY };
    test.each(Object.keys(all))('%s', (name) => {
      const [x, y] = [load(0, 'float32'), load(1, 'float32')];
      const expr = name in BINARY ? binaryExpr(BINARY[name]!, x, y) : UNARY[name]!.expr(x);
      const near = name in BINARY ? BINARY[name]!.near.map(([a]) => a) : UNARY[name]!.near;
      const a = samples(near, SEED + 2).slice(17, 26);
      const b = samples(near, SEED + 3).slice(17, 26);
      const bits = (length: number) => {
        const inputs = (name in BINARY ? [a, b] : [a]).map((array) => array.slice(0, length));
        return [...evaluate(expr, ...inputs)];
      };
      const whole = bits(9);
      for (let length = 1; length < 9; length++)
        expect([length, ...bits(length)]).toEqual([length, ...whole.slice(0, length)]);
    });
  });
}
