/**
 * Random kernels of each kind.
 */
import {
  binary,
  cast,
  compare,
  constant,
  index,
  load,
  select,
  stage,
  type ComputeDType,
  type DType,
  type Operand,
  type Output,
  type ReduceOp,
  type ScalarExpr,
} from '@dl/tensor/backend';
import type { TestRandom } from '@dl/tensor/testing';
import { ProgramBuilder, randomShape, type RandomCase } from './random-program.ts';
import { cumulative, loop, scatter, sort } from './random-routines.ts';

const EDGES = [0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 255, 256, 257, 300];
const TILES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 24, 31, 32, 33, 40, 65, 119, 120, 121, 241];
const DEPTHS = [0, 1, 2, 3, 4, 5, 8, 9, 16, 33, 100, 511, 512, 513, 1030];

/** Dtypes that compute as the first. */
const STORED: { readonly [D in Exclude<ComputeDType, 'bool'>]: readonly DType[] } = {
  float32: ['float32', 'float32', 'float32', 'float16'],
  float64: ['float64'],
  int32: ['int32', 'int32', 'int16', 'int8', 'uint8', 'uint16'],
  uint32: ['uint32'],
};

const COMPUTE: readonly (keyof typeof STORED)[] = [
  'float32',
  'float32',
  'float32',
  'float32',
  'float64',
  'int32',
  'uint32',
];

/** Values made of loads, for maps and reduces. */
function randomExpr(b: ProgramBuilder, dtype: ComputeDType, loads: readonly ScalarExpr[], rank: number): ScalarExpr {
  let e = loads[0]!;
  for (const other of loads.slice(1)) e = binary(b.random.pick(['add', 'sub', 'max', 'min'] as const), e, other);
  if (rank > 0 && b.chance(0.2)) {
    const at = index(b.random.below(rank));
    e = select(compare('lt', at, constant(b.random.below(9), 'int32')), e, constant(1, dtype));
  }
  if (rank > 0 && b.chance(0.1))
    e = binary('add', e, cast(binary('and', index(b.random.below(rank)), constant(7, 'int32')), dtype));
  return e;
}

/** The sums of a product, or something made of them with a bias and relu. */
function epilogue(
  b: ProgramBuilder,
  dtype: keyof typeof STORED,
  space: readonly number[],
): { operands: Operand[]; outputs: Output[] } {
  const stored = b.random.pick(STORED[dtype]);
  const sum = stage(0, dtype);
  if (b.chance(0.4)) return { operands: [], outputs: [{ operand: b.output(stored, space), expr: sum }] };
  const operands = [b.input(b.random.pick(STORED[dtype]), space)];
  const biased = binary('add', sum, randomExpr(b, dtype, [load(0, dtype)], space.length));
  const outputs = [
    {
      operand: b.output(stored, space),
      expr: select(compare('lt', biased, constant(0, dtype)), constant(0, dtype), biased),
    },
  ];
  if (b.chance(0.3)) outputs.push({ operand: b.output(b.random.pick(STORED[dtype]), space), expr: sum });
  return { operands, outputs };
}

function matmul(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(COMPUTE);
  const batch = randomShape(random, random.pick([0, 0, 0, 1, 1, 2]), [1, 2, 3], 6);
  const count = batch.reduce((x, y) => x * y, 1);
  const [m, n, k] = ((): [number, number, number] => {
    for (;;) {
      const sizes = [random.pick(TILES), random.pick(TILES), random.pick(DEPTHS)] as [number, number, number];
      if (count * sizes[0] * sizes[1] * (sizes[2] + 4) <= 250_000) return sizes;
    }
  })();
  const a = b.input(random.pick(STORED[dtype]), [...batch, m, k]);
  const c = b.input(random.pick(STORED[dtype]), [...batch, k, n]);
  return b.finish({
    kind: 'matmul',
    batch: b.ints(batch),
    m: b.int(m),
    n: b.int(n),
    k: b.int(k),
    dtype,
    a,
    b: c,
    ...epilogue(b, dtype, [...batch, m, n]),
  });
}

function conv(random: TestRandom): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(['float32', 'float32', 'float32', 'float64', 'int32'] as const);
  const rank = random.pick([0, 1, 1, 2, 2, 2, 3]);
  for (;;) {
    const depthwise = b.chance(0.25);
    const groups = depthwise ? random.pick([3, 4, 5, 8, 17, 20]) : random.pick([1, 1, 1, 2, 3]);
    const channels = depthwise ? random.pick([1, 1, 2]) : random.pick([0, 1, 1, 2, 3, 4, 5, 8, 17]);
    const features = depthwise ? 1 : random.pick([1, 2, 4, 5, 7, 8, 9, 16, 17]);
    const batch = random.pick([1, 1, 2, 3, 5, 9]);
    const axes = Array.from({ length: rank }, () => {
      const [input, kernel] = [random.pick([1, 2, 3, 5, 7, 8, 9, 12, 17]), random.pick([1, 1, 2, 3, 3, 4, 5])];
      const [lhsDilation, rhsDilation] = [random.pick([1, 1, 1, 2, 3]), random.pick([1, 1, 1, 2, 3])];
      const [stride, padLow, padHigh] = [
        random.pick([1, 1, 2, 3]),
        random.below(4) - (b.chance(0.1) ? 2 : 0),
        random.below(4),
      ];
      const reach = (input - 1) * lhsDilation + 1 + padLow + padHigh - ((kernel - 1) * rhsDilation + 1);
      return {
        input,
        kernel,
        output: Math.max(0, Math.floor(reach / stride) + 1),
        stride,
        padLow,
        lhsDilation,
        rhsDilation,
      };
    });
    const work = axes.reduce(
      (total, { output, kernel }) => total * (output + 1) * kernel,
      batch * groups * features * (channels + 1),
    );
    if (work > 150_000) continue;
    const lhs = b.input(random.pick(STORED[dtype]), [groups, batch, channels, ...axes.map(({ input }) => input)]);
    const rhs = b.input(random.pick(STORED[dtype]), [groups, features, channels, ...axes.map(({ kernel }) => kernel)]);
    const space = [batch, ...axes.map(({ output }) => output), groups, features];
    return b.finish({
      kind: 'conv',
      groups: b.int(groups),
      batch: b.int(batch),
      channels: b.int(channels),
      features: b.int(features),
      axes: axes.map((axis) => ({
        input: b.int(axis.input),
        kernel: b.int(axis.kernel),
        output: b.int(axis.output),
        stride: b.int(axis.stride),
        padLow: b.int(axis.padLow),
        lhsDilation: axis.lhsDilation,
        rhsDilation: axis.rhsDilation,
      })),
      dtype,
      lhs,
      rhs,
      ...epilogue(b, dtype, space),
    });
  }
}

function reduce(random: TestRandom, scale = 1): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(COMPUTE);
  const op = random.pick<ReduceOp>(['sum', 'sum', 'sum', 'prod', 'max', 'min', 'argMax', 'argMin']);
  const kept = randomShape(random, random.pick([0, 1, 1, 2, 3]), EDGES, 3000 * Math.sqrt(scale));
  const most = Math.max(
    1,
    (6000 * scale) /
      Math.max(
        1,
        kept.reduce((x, y) => x * y, 1),
      ),
  );
  const reduced = randomShape(random, random.pick([0, 1, 1, 2, 3]), EDGES, most);
  const space = [...kept, ...reduced];
  const fill = op === 'prod' ? 'powers' : op === 'sum' || dtype.endsWith('int32') ? 'eighths' : 'wild';
  const count = b.chance(0.3) && op !== 'prod' ? 2 : 1;
  const operands = Array.from({ length: count }, () => b.input(random.pick(STORED[dtype]), space, fill));
  const loads = operands.map((_, slot) => load(slot, dtype));
  const value = op === 'prod' ? loads[0]! : randomExpr(b, dtype, loads, space.length);
  const stages = [{ op, dtype, expr: value }];
  const arg = op === 'argMax' || op === 'argMin';
  const result = stage(0, arg ? 'int32' : dtype);
  const first = arg ? cast(result, dtype) : result;
  const outputs = [{ operand: b.output(arg ? 'int32' : random.pick(STORED[dtype]), kept), expr: result }];
  const writes: Output[] = [];
  if (op === 'max' && b.chance(0.5)) {
    // A second stage over what the first leaves, as in softmax.
    stages.push({ op: 'sum', dtype, expr: binary('sub', loads[0]!, first) });
    outputs.push({ operand: b.output(random.pick(STORED[dtype]), kept), expr: stage(1, dtype) });
  }
  if (b.chance(0.3))
    writes.push({ operand: b.output(random.pick(STORED[dtype]), space), expr: binary('sub', loads[0]!, first) });
  return b.finish({ kind: 'reduce', shape: b.ints(kept), reduced: b.ints(reduced), operands, stages, outputs, writes });
}

function map(random: TestRandom, scale = 1): RandomCase {
  const b = new ProgramBuilder(random);
  const dtype = random.pick(COMPUTE);
  const shape = randomShape(random, random.below(5), EDGES, 5000 * scale);
  const operands = Array.from({ length: 1 + random.below(3) }, () =>
    b.input(random.pick(STORED[dtype]), shape, 'wild'),
  );
  const loads = operands.map((_, slot) => load(slot, dtype));
  const outputs = Array.from({ length: 1 + random.below(2) }, () => ({
    operand: b.output(random.pick(STORED[dtype]), shape),
    expr: randomExpr(b, dtype, loads, shape.length),
  }));
  return b.finish({ kind: 'map', shape: b.ints(shape), operands, outputs });
}

/** Maps and reduces over more than a megabyte, which run in pieces. */
export function large(random: TestRandom): RandomCase {
  for (;;) {
    const found = random.pick([map, reduce])(random, 60);
    const bytes = found.args.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > 2 ** 20 && bytes < 2 ** 23) return found;
  }
}

export const KERNELS: { readonly [kind: string]: (random: TestRandom) => RandomCase } = {
  map: (random) => map(random),
  reduce: (random) => reduce(random),
  matmul,
  conv,
  scatter,
  cumulative,
  sort,
  loop,
};
