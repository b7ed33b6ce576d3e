/**
 * Samples for every op of the table, from which conformance cases are generated.
 */
import type { OpName } from '../ops/attrs.ts';
import {
  NONE,
  PAIRS,
  WIDE,
  unary,
  binary,
  of,
  reduction,
  argReduction,
  CONVS,
  convSample,
  window,
  inside,
  position,
  type Sample,
} from './sample-shapes.ts';

export type { Domain, InputSample, Sample } from './sample-shapes.ts';

/** Samples per op; an op without samples is a compile error. */
export const SAMPLES: { readonly [K in OpName]: readonly Sample[] } = {
  neg: unary(),
  abs: unary(),
  sign: unary(),
  floor: unary({ low: -9, high: 9 }),
  ceil: unary({ low: -9, high: 9 }),
  round: unary({ low: -9, high: 9 }),
  trunc: unary({ low: -9, high: 9 }),
  sqrt: unary({ low: 0, high: 50 }),
  rsqrt: unary({ low: 0.1, high: 50 }),
  exp: unary({ low: -20, high: 20 }),
  expm1: unary(),
  log: unary({ low: 0.01, high: 50 }),
  log1p: unary({ low: -0.9, high: 9 }),
  sin: unary({ low: -30, high: 30 }),
  cos: unary({ low: -30, high: 30 }),
  tan: unary({ low: -1.4, high: 1.4 }),
  asin: unary({ low: -1, high: 1 }),
  acos: unary({ low: -1, high: 1 }),
  atan: unary({ low: -20, high: 20 }),
  sinh: unary(),
  cosh: unary(),
  tanh: unary({ low: -5, high: 5 }),
  asinh: unary({ low: -20, high: 20 }),
  acosh: unary({ low: 1, high: 20 }),
  atanh: unary({ low: -0.95, high: 0.95 }),
  erf: unary(),
  erfInv: unary({ low: -0.99, high: 0.99 }),
  logistic: unary({ low: -20, high: 20 }),
  relu: unary(),
  not: unary({ low: -9, high: 9, integer: true }),
  isNan: unary(),
  cast: (['float32', 'float64', 'float16', 'int32', 'uint32', 'int16', 'uint16', 'int8', 'uint8', 'bool'] as const).map(
    (dtype) => of<'cast'>([3, 7], { dtype }, { low: 0, high: 100 }),
  ),
  bitcast: (['float32', 'int32', 'uint32'] as const).map((dtype) =>
    of<'bitcast'>([3, 7], { dtype }, { low: 1, high: 1e6 }),
  ),
  stopGradient: unary(),
  add: binary(),
  sub: binary(),
  mul: binary(),
  div: binary(WIDE, { low: 1, high: 9 }),
  rem: binary({ low: -9, high: 9, integer: true }, { low: 1, high: 5, integer: true }),
  pow: binary({ low: 0.1, high: 4 }, { low: -2, high: 3 }),
  atan2: binary(),
  maximum: binary(),
  minimum: binary(),
  and: binary({ low: 0, high: 100, integer: true }),
  or: binary({ low: 0, high: 100, integer: true }),
  xor: binary({ low: 0, high: 100, integer: true }),
  shiftLeft: binary({ low: 0, high: 50, integer: true }, { low: 0, high: 4, integer: true }),
  shiftRight: binary({ low: 0, high: 100, integer: true }, { low: 0, high: 4, integer: true }),
  equal: binary({ low: 0, high: 3, integer: true }),
  notEqual: binary({ low: 0, high: 3, integer: true }),
  less: binary(),
  lessEqual: binary({ low: 0, high: 3, integer: true }),
  greater: binary(),
  greaterEqual: binary({ low: 0, high: 3, integer: true }),
  select: PAIRS.map(([a, b]) => ({ inputs: [{ shape: a, dtype: 'bool' }, { shape: a }, { shape: b }], attrs: NONE })),
  iota: (['float32', 'int32', 'uint32', 'uint8', 'float64'] as const).flatMap((dtype) => [
    { inputs: [], attrs: { shape: [7], axis: 0, dtype } },
    { inputs: [], attrs: { shape: [3, 5], axis: 0, dtype } },
    { inputs: [], attrs: { shape: [3, 5], axis: 1, dtype } },
    { inputs: [], attrs: { shape: [0, 5], axis: 1, dtype } },
  ]),
  randomBits: ([[0], [1], [4], [5, 2, 3], [1031]] as const).map(([count, ...lead]) => ({
    inputs: [{ shape: [...lead, 4], dtype: 'uint32', domain: { low: 0, high: 2 ** 31, integer: true } }],
    attrs: { count },
  })),
  sum: reduction(true),
  prod: reduction(true, { low: 0.5, high: 1.5 }),
  max: reduction(false),
  min: reduction(false),
  argMax: argReduction,
  argMin: argReduction,
  cumulative: (['sum', 'prod', 'max', 'min'] as const).flatMap((op) =>
    [0, 1].flatMap((axis) =>
      [false, true].map((flag) =>
        of<'cumulative'>([5, 7], { op, axis, reverse: flag, exclusive: op === 'sum' && flag }, { low: 0.5, high: 1.5 }),
      ),
    ),
  ),
  reshape: [
    of<'reshape'>([3, 4], { shape: [2, 6] }),
    of<'reshape'>([0, 4], { shape: [2, 0] }),
    of<'reshape'>([1], { shape: [] }),
  ],
  transpose: [of<'transpose'>([3, 4], { permutation: [1, 0] }), of<'transpose'>([2, 3, 4], { permutation: [2, 0, 1] })],
  broadcastTo: [of<'broadcastTo'>([3, 1], { shape: [2, 3, 4] }), of<'broadcastTo'>([], { shape: [5] })],
  slice: [
    of<'slice'>([5, 6], { start: [1, 2], size: [3, 2], step: [1, 2] }),
    of<'slice'>([5, 6], { start: [4, 5], size: [2, 3], step: [-2, -1] }),
    of<'slice'>([5, 6], { start: [0, 0], size: [0, 6], step: [1, 1] }),
  ],
  flip: [of<'flip'>([3, 4], { axes: [1] }), of<'flip'>([3, 4], { axes: [0, 1] })],
  pad: [
    { inputs: [{ shape: [3, 4] }, { shape: [] }], attrs: { low: [1, 0], high: [2, 3], interior: [0, 0] } },
    { inputs: [{ shape: [3, 4] }, { shape: [] }], attrs: { low: [-1, 2], high: [0, -1], interior: [1, 2] } },
    { inputs: [{ shape: [0, 2] }, { shape: [] }], attrs: { low: [2, 0], high: [0, 1], interior: [0, 0] } },
  ],
  concat: [
    { inputs: [{ shape: [2, 3] }, { shape: [4, 3] }], attrs: { axis: 0 } },
    { inputs: [{ shape: [2, 3] }, { shape: [2, 0] }, { shape: [2, 5] }], attrs: { axis: 1 } },
  ],
  barrier: [{ inputs: [{ shape: [3, 4] }, { shape: [2] }], attrs: NONE }],
  matmul: (
    [
      [
        [3, 4],
        [4, 5],
      ],
      [
        [1, 1],
        [1, 1],
      ],
      [
        [1, 37],
        [37, 19],
      ],
      [
        [23, 37],
        [37, 1],
      ],
      [
        [65, 70],
        [70, 67],
      ],
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [
        [2, 1, 3, 4],
        [3, 4, 5],
      ],
      [
        [0, 4],
        [4, 5],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [5, 300],
        [300, 9],
      ],
    ] as const
  ).map(([a, b]) => ({ inputs: [{ shape: a }, { shape: b }], attrs: NONE })),
  conv: CONVS.map(convSample),
  reduceWindow: [
    ...(['sum', 'max', 'min'] as const).flatMap((op) => [
      of<'reduceWindow'>([2, 4, 5], { ...window, op, baseDilation: [1, 1, 1] }),
      of<'reduceWindow'>([2, 4, 5], { ...inside, op, baseDilation: [1, 1, 1] }),
    ]),
    of<'reduceWindow'>([2, 4, 5], { ...window, op: 'sum', baseDilation: [1, 2, 1], windowDilation: [1, 1, 2] }),
    of<'reduceWindow'>([0, 4, 5], { ...window, op: 'max', baseDilation: [1, 1, 1] }),
  ],
  windowArg: [
    of<'windowArg'>([2, 4, 5], { ...window, op: 'max' }),
    of<'windowArg'>([2, 4, 5], { ...inside, op: 'min' }, { low: 0, high: 2, integer: true }),
  ],
  windowGather: [{ inputs: [{ shape: [2, 4, 7] }, position], attrs: inside }],
  windowScatter: [
    { inputs: [{ shape: [2, 2, 5] }, position], attrs: { ...inside, shape: [2, 4, 7] } },
    // Windows side by side, with elements beyond the last one and with padding.
    {
      inputs: [{ shape: [2, 2, 2] }, { ...position, shape: [2, 2, 2] }],
      attrs: { ...inside, strides: [1, 2, 3], shape: [2, 5, 7] },
    },
    {
      inputs: [{ shape: [2, 2, 2] }, { ...position, shape: [2, 2, 2] }],
      attrs: { ...window, strides: [1, 2, 3], shape: [2, 3, 4] },
    },
  ],
  gather: [
    {
      inputs: [{ shape: [5, 3] }, { shape: [4], dtype: 'int32', domain: { low: -5, high: 4, integer: true } }],
      attrs: { axes: [0] },
    },
    {
      inputs: [{ shape: [2, 5] }, { shape: [2, 3], dtype: 'int32', domain: { low: 0, high: 4, integer: true } }],
      attrs: { axes: [1] },
    },
    {
      inputs: [
        { shape: [3, 4, 2] },
        { shape: [2, 1], dtype: 'int32', domain: { low: 0, high: 2, integer: true } },
        { shape: [3], dtype: 'int32', domain: { low: 0, high: 3, integer: true } },
      ],
      attrs: { axes: [0, 1] },
    },
  ],
  scatter: (['set', 'add', 'mul', 'max', 'min'] as const).flatMap((op) => [
    {
      inputs: [
        { shape: [5, 3] },
        { shape: [7], dtype: 'int32', domain: { low: 0, high: 4, integer: true } },
        { shape: [7, 3] },
      ],
      attrs: { axes: [0], op },
    },
    {
      inputs: [
        { shape: [3, 4] },
        { shape: [6], dtype: 'int32', domain: { low: -1, high: 3, integer: true } },
        { shape: [6], dtype: 'int32', domain: { low: 0, high: 3, integer: true } },
        { shape: [6] },
      ],
      attrs: { axes: [0, 1], op },
    },
  ]),
  sort: [false, true].flatMap((descending) => [
    of<'sort'>([9], { axis: 0, descending }),
    of<'sort'>([4, 7], { axis: 0, descending }),
    of<'sort'>([3, 33], { axis: 1, descending }, { low: 0, high: 5, integer: true }),
    of<'sort'>([3, 0], { axis: 1, descending }),
    of<'sort'>([3, 33], { axis: 1, descending, limit: 5 }, { low: 0, high: 5, integer: true }),
    of<'sort'>([7, 4], { axis: 0, descending, limit: 7 }),
    of<'sort'>([2, 5], { axis: 1, descending, limit: 0 }),
  ]),
  // Calls lower to the ops above; composites have cases of their own.
  // Only inside loops; tested with foriLoop.
  iteration: [],
  loop: [],
  switch: [],
  call: [],
};
