/**
 * Every derivative rule against finite differences in float64, first and second order.
 */
import { gradcheck, VJP, type VjpTable } from '@dl/autograd';
import { asTensor, type OpAttrs } from '@dl/tensor/interpreter';
import { apply, applyAll } from '@dl/tensor/interpreter';
import { reference } from '@dl/tensor/backend';
import { setBackend, tensor, type Tensor, type TensorLike } from '@dl/tensor';
import { describe, expect, test } from 'vitest';

setBackend(reference());

interface Case {
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly at: readonly TensorLike[];
}

const values = (n: number, scale = 1, shift = 0): number[] =>
  Array.from({ length: n }, (_, i) => shift + scale * (Math.sin(2.1 * i + 0.7) + 0.05 * i));
const shaped = (shape: readonly number[], scale = 1, shift = 0): Tensor =>
  tensor(
    Float64Array.from(
      values(
        shape.reduce((a, b) => a * b, 1),
        scale,
        shift,
      ),
    ),
    'float64',
    shape,
  );
const ints = (list: TensorLike): Tensor => tensor(list, 'int32');

const unary = (op: 'neg' & keyof OpAttrs, at: TensorLike): readonly Case[] => [
  { f: (x) => apply(op, [x!], {}), at: [at] },
];
const u = (op: string, at: TensorLike): readonly Case[] => unary(op as 'neg', at);
const b = (op: string, x: TensorLike, y: TensorLike): readonly Case[] => [
  { f: (p, q) => apply(op as 'add', [p!, q!], {}), at: [x, y] },
  {
    f: (p, q) => apply(op as 'add', [p!, q!], {}),
    at: [[x as number[]], [[(y as number[])[0]!], [(y as number[])[1]!]]],
  },
  { f: (p, q) => apply(op as 'add', [p!, q!], {}), at: [x, (y as number[])[0]!] },
];
const reduce = (op: string): readonly Case[] =>
  [
    { axes: [0], keepDims: false },
    { axes: [1], keepDims: true },
    { axes: [0, 1], keepDims: false },
    { axes: [], keepDims: false },
  ].map((attrs) => ({ f: (x: Tensor) => apply(op as 'sum', [x], attrs), at: [shaped([3, 4])] }));
const running = (op: OpAttrs['cumulative']['op']): readonly Case[] =>
  [false, true].flatMap((reverse) =>
    [false, true].map((exclusive) => ({
      f: (x: Tensor) => {
        const y = apply('cumulative', [x], { op, axis: 1, reverse, exclusive });
        // The identity of a maximum or minimum is infinite; leave it out.
        return exclusive && (op === 'max' || op === 'min')
          ? apply('select', [y.abs().less(1e9), y, asTensor(0, 't', y.dtype)], {})
          : y;
      },
      at: [shaped([2, 4])],
    })),
  );

const conv = (attrs: Partial<OpAttrs['conv']>, x: readonly number[], k: readonly number[]): Case => {
  const rank = x.length - 2;
  const ones = Array.from({ length: rank }, () => 1);
  const full = {
    strides: ones,
    padding: ones.map(() => [0, 0] as const),
    lhsDilation: ones,
    rhsDilation: ones,
    featureGroups: 1,
    batchGroups: 1,
    ...attrs,
  };
  return { f: (p, q) => apply('conv', [p!, q!], full), at: [shaped(x), shaped(k, 0.5)] };
};

const window = {
  window: [1, 2, 3],
  strides: [1, 2, 1],
  padding: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
  windowDilation: [1, 1, 1],
} as const;
const windowed = (op: 'sum' | 'max' | 'min', extra: object = {}): Case => ({
  f: (x) => apply('reduceWindow', [x!], { ...window, op, baseDilation: [1, 1, 1], ...extra }),
  at: [shaped([2, 4, 5])],
});
const positions = ints([
  [
    [1, 0, 2],
    [5, 3, 4],
  ],
]);
const pooled = {
  window: [1, 2, 3],
  strides: [1, 2, 1],
  padding: [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
  windowDilation: [1, 1, 1],
} as const;

const none: readonly Case[] = [];

/** One entry per rule; a new rule without cases is a compile error. */
const CASES: { readonly [K in keyof VjpTable]: readonly Case[] } = {
  neg: u('neg', values(4)),
  abs: u('abs', [-1.5, 0.3, 2]),
  sign: none,
  floor: none,
  ceil: none,
  round: none,
  trunc: none,
  sqrt: u('sqrt', [0.5, 2, 9]),
  rsqrt: u('rsqrt', [0.5, 2, 9]),
  exp: u('exp', values(4)),
  expm1: u('expm1', values(4)),
  log: u('log', [0.5, 2, 9]),
  log1p: u('log1p', [-0.5, 0, 3]),
  sin: u('sin', values(4, 2)),
  cos: u('cos', values(4, 2)),
  tan: u('tan', values(4)),
  asin: u('asin', [-0.7, 0.1, 0.6]),
  acos: u('acos', [-0.7, 0.1, 0.6]),
  atan: u('atan', values(4, 3)),
  sinh: u('sinh', values(4)),
  cosh: u('cosh', values(4)),
  tanh: u('tanh', values(4)),
  asinh: u('asinh', values(4, 3)),
  acosh: u('acosh', [1.5, 2, 4]),
  atanh: u('atanh', [-0.7, 0.1, 0.6]),
  erf: u('erf', values(4)),
  // The single-precision polynomial limits how well its own slope matches.
  erfInv: none,
  logistic: u('logistic', values(4, 3)),
  relu: u('relu', [-1.5, 0.3, 2]),
  not: none,
  isNan: none,
  cast: [{ f: (x) => apply('cast', [x!], { dtype: 'float64' }), at: [values(3)] }],
  bitcast: none,
  stopGradient: none,
  add: b('add', values(2), values(2, 2)),
  sub: b('sub', values(2), values(2, 2)),
  mul: b('mul', values(2), values(2, 2)),
  div: b('div', values(2), [1.5, -2]),
  rem: b('rem', [5.3, -7.1], [2, 3]),
  pow: b('pow', [1.5, 0.4], [2.5, -1.2]),
  atan2: b('atan2', [1.5, -0.4], [2.5, -1.2]),
  maximum: b('maximum', [1, -2], [0.5, 3]),
  minimum: b('minimum', [1, -2], [0.5, 3]),
  and: none,
  or: none,
  xor: none,
  shiftLeft: none,
  shiftRight: none,
  equal: none,
  notEqual: none,
  less: none,
  lessEqual: none,
  greater: none,
  greaterEqual: none,
  select: [{ f: (x, y) => apply('select', [tensor([true, false]), x!, y!], {}), at: [values(2), values(2, 2)] }],
  iota: none,
  randomBits: none,
  iteration: none,
  sum: reduce('sum'),
  prod: [...reduce('prod'), { f: (x) => x!.prod(), at: [[0, 2, 3]] }, { f: (x) => x!.prod(), at: [[0, 0, 3]] }],
  max: reduce('max'),
  min: reduce('min'),
  argMax: none,
  argMin: none,
  cumulative: [...running('sum'), ...running('prod'), ...running('max'), ...running('min')],
  reshape: [{ f: (x) => x!.reshape([3, 2]), at: [shaped([2, 3])] }],
  transpose: [{ f: (x) => x!.transpose([1, 2, 0]), at: [shaped([2, 3, 2])] }],
  broadcastTo: [{ f: (x) => x!.broadcastTo([2, 3]), at: [shaped([2, 1])] }],
  slice: [
    { f: (x) => apply('slice', [x!], { start: [1, 0], size: [2, 2], step: [1, 2] }), at: [shaped([3, 4])] },
    { f: (x) => apply('slice', [x!], { start: [2, 3], size: [2, 2], step: [-2, -3] }), at: [shaped([3, 4])] },
    { f: (x) => apply('slice', [x!], { start: [1, 0], size: [0, 2], step: [1, 1] }), at: [shaped([3, 4])] },
  ],
  flip: [{ f: (x) => x!.flip(1), at: [shaped([2, 3])] }],
  pad: [
    { f: (x, v) => apply('pad', [x!, v!], { low: [1, 0], high: [0, 2], interior: [1, 0] }), at: [shaped([2, 3]), 0.7] },
    {
      f: (x, v) => apply('pad', [x!, v!], { low: [-1, 1], high: [1, -1], interior: [0, 1] }),
      at: [shaped([3, 3]), 0.7],
    },
  ],
  concat: [{ f: (x, y) => apply('concat', [x!, y!, x!], { axis: 1 }), at: [shaped([2, 1]), shaped([2, 3])] }],
  barrier: [{ f: (x, y) => apply('barrier', [x!.mul(2), y!], {}).mul(y!), at: [shaped([3]), shaped([3])] }],
  matmul: [
    { f: (x, y) => x!.matmul(y!), at: [shaped([2, 3]), shaped([3, 4])] },
    { f: (x, y) => x!.matmul(y!), at: [shaped([2, 2, 3]), shaped([3, 2])] },
    { f: (x, y) => x!.matmul(y!), at: [shaped([2, 1, 2, 3]), shaped([3, 3, 2])] },
  ],
  conv: [
    conv({}, [2, 5, 2], [3, 2, 3]),
    conv({ strides: [2], padding: [[1, 2]] }, [1, 6, 2], [3, 2, 2]),
    conv({ rhsDilation: [2], strides: [3], padding: [[2, 1]] }, [1, 8, 1], [3, 1, 2]),
    conv({ lhsDilation: [2], padding: [[2, 1]] }, [1, 4, 2], [3, 2, 1]),
    conv({ featureGroups: 2, padding: [[1, 1]] }, [2, 4, 4], [3, 2, 6]),
    conv({ batchGroups: 2, strides: [2] }, [4, 5, 2], [2, 2, 4]),
    conv(
      {
        strides: [2, 1],
        padding: [
          [0, 1],
          [1, 1],
        ],
      },
      [1, 4, 3, 2],
      [2, 3, 2, 2],
    ),
    conv({}, [1, 3, 3, 3, 1], [2, 2, 2, 1, 2]),
    conv({ padding: [[-1, 0]] }, [1, 5, 1], [2, 1, 1]),
  ],
  reduceWindow: [
    windowed('sum'),
    windowed('max'),
    windowed('min'),
    windowed('sum', { windowDilation: [1, 2, 1], baseDilation: [1, 1, 2] }),
  ],
  windowArg: none,
  windowGather: [{ f: (x) => apply('windowGather', [x!, positions], pooled), at: [shaped([1, 4, 5])] }],
  windowScatter: [
    { f: (y) => apply('windowScatter', [y!, positions], { ...pooled, shape: [1, 4, 5] }), at: [shaped([1, 2, 3])] },
    // Windows that overlap and take steps, over the edge as well.
    ...[
      [2, 2],
      [2, 3],
      [3, 1],
    ].map((strides): Case => {
      const padding = [
        [0, 0],
        [1, 1],
        [2, 1],
      ] as const;
      const attrs = { ...pooled, window: [1, 3, 4], strides: [1, ...strides], padding };
      const shape = [1, strides[0]! + 1 + 2 - 1, 2 * strides[1]! + 4 - 3];
      return { f: (y) => apply('windowScatter', [y!, positions], { ...attrs, shape }), at: [shaped([1, 2, 3])] };
    }),
  ],
  gather: [
    {
      f: (x) =>
        apply(
          'gather',
          [
            x!,
            ints([
              [0, 2],
              [2, -1],
            ]),
          ],
          { axes: [0] },
        ),
      at: [shaped([3, 2])],
    },
    { f: (x) => apply('gather', [x!, ints([0, 1]), ints([2, 0])], { axes: [0, 2] }), at: [shaped([2, 2, 3])] },
  ],
  scatter: (['add', 'mul', 'set', 'max', 'min'] as const).map((op) => ({
    f: (x, y) => apply('scatter', [x!, ints([0, 2, 0]), y!], { axes: [0], op }),
    at: [shaped([3, 2]), shaped([3, 2], 2, 0.3)],
  })),
  sort: [
    { f: (x) => applyAll('sort', [x!], { axis: 0, descending: false })[0]!, at: [shaped([4, 2])] },
    { f: (x) => applyAll('sort', [x!], { axis: 1, descending: true })[0]!, at: [shaped([2, 4])] },
  ],
};

describe('derivative rules', () => {
  for (const op of Object.keys(CASES) as (keyof VjpTable)[]) {
    const list = CASES[op];
    if (VJP[op] === null) {
      test(`${op} has no derivative, and no cases`, () => expect(list).toHaveLength(0));
      continue;
    }
    list.forEach(({ f, at }, i) =>
      test(`${op} #${i}`, () => gradcheck(f, at, { order: 2, step: 1e-5, tolerance: 2e-6 })),
    );
  }

  test('every rule that exists has cases, or is checked elsewhere', () => {
    const bare = (Object.keys(CASES) as (keyof VjpTable)[]).filter((op) => VJP[op] !== null && CASES[op].length === 0);
    expect(bare).toEqual(['erfInv']);
  });

  test('erfInv is the inverse of erf, and so are their slopes', () => {
    gradcheck((x) => apply('erf', [apply('erfInv', [x!], {})], {}), [[-0.9, -0.2, 0.4, 0.99]], {
      tolerance: 1e-4,
      step: 1e-4,
    });
  });
});
