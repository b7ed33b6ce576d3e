/**
 * Legalize: rewrites kernels a backend does not run itself into `map` and `reduce`.
 * Nothing here reads back to the host; the cost is time, never correctness.
 */
import { computeDType } from '../dtype.ts';
import { BackendError } from '../errors.ts';
import type {
  BufferSpec,
  ConvKernel,
  CumulativeKernel,
  Kernel,
  KernelKind,
  MatmulKernel,
  Operand,
  Program,
  ReduceKernel,
  ScatterKernel,
  SortKernel,
} from './kernel.ts';
import {
  at,
  binary,
  cast,
  compare,
  constant,
  index,
  int,
  load,
  rewrite,
  select,
  stage,
  unary,
  type Int,
  type ScalarExpr,
} from './scalar.ts';
import { selectBranch } from './select-branch.ts';
import { unroll } from './unroll.ts';
import { identityOf } from '../backend/reference/kernels.ts';

const i32 = (value: number): ScalarExpr => constant(value, 'int32');
const and = (a: ScalarExpr, b: ScalarExpr): ScalarExpr => binary('and', a, b);

/** Rewrites `program` so that it uses only the given kernel kinds (which must hold `map` and `reduce`). */
export function legalize(program: Program, kinds: ReadonlySet<KernelKind>): Program {
  const buffers: BufferSpec[] = [...program.buffers];
  const temp = (dtype: BufferSpec['dtype'], size: Int): number => buffers.push({ role: 'temp', dtype, size }) - 1;
  const visit = (kernel: Kernel): Kernel[] => {
    if (kernel.kind === 'loop') {
      const loop = { ...kernel, body: kernel.body.flatMap(visit) };
      return kinds.has('loop') ? [loop] : unroll(program.name, loop, buffers);
    }
    if (kernel.kind === 'switch') {
      const each = { ...kernel, branches: kernel.branches.map((branch) => branch.flatMap(visit)) };
      return kinds.has('switch') ? [each] : selectBranch(each, buffers);
    }
    if (kinds.has(kernel.kind)) return [kernel];
    switch (kernel.kind) {
      case 'matmul':
        return [matmulAsReduce(kernel)];
      case 'conv':
        return [convAsReduce(kernel)];
      case 'scatter':
        return scatterAsReduce(kernel, buffers[kernel.target.buffer]!, temp);
      case 'cumulative':
        return [cumulativeAsReduce(kernel)];
      case 'sort':
        return sortAsReduce(kernel, temp);
      default:
        throw new BackendError(`${program.name}: the backend cannot run '${kernel.kind}' kernels`);
    }
  };
  const kernels = program.kernels.flatMap(visit);
  return { ...program, buffers, kernels };
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Epilogue loads move behind the operands of the product and get stride 0 on the reduced axes. */
function asReduce(
  shape: readonly Int[],
  reduced: readonly Int[],
  factors: readonly Operand[],
  expr: ScalarExpr,
  kernel: MatmulKernel | ConvKernel,
): ReduceKernel {
  const by = factors.length;
  const moved = rewrite(
    kernel.outputs.map((o) => o.expr),
    (e) => (e.kind === 'load' || e.kind === 'at' ? { ...e, operand: e.operand + by } : e),
  );
  return {
    kind: 'reduce',
    shape,
    reduced,
    operands: [
      ...factors,
      ...kernel.operands.map((o) => ({ ...o, strides: [...o.strides, ...zeros(reduced.length)] })),
    ],
    stages: [{ op: 'sum', dtype: kernel.dtype, expr }],
    outputs: kernel.outputs.map(({ operand }, i) => ({ operand, expr: moved[i]! })),
    writes: [],
  };
}

function matmulAsReduce(kernel: MatmulKernel): ReduceKernel {
  const rank = kernel.batch.length;
  const [am, ak] = kernel.a.strides.slice(rank) as [Int, Int];
  const [bk, bn] = kernel.b.strides.slice(rank) as [Int, Int];
  const a = { ...kernel.a, strides: [...kernel.a.strides.slice(0, rank), am, 0, ak] };
  const b = { ...kernel.b, strides: [...kernel.b.strides.slice(0, rank), 0, bn, bk] };
  const product = binary('mul', load(0, kernel.dtype), load(1, kernel.dtype));
  return asReduce([...kernel.batch, kernel.m, kernel.n], [kernel.k], [a, b], product, kernel);
}

function convAsReduce(kernel: ConvKernel): ReduceKernel {
  const rank = kernel.axes.length;
  const [n, group, feature] = [index(0), index(rank + 1), index(rank + 2)];
  const channel = index(rank + 3);
  let inside: ScalarExpr | null = null;
  const positions = kernel.axes.map((axis, d) => {
    const step = binary('mul', index(d + 1), int(axis.stride));
    const tap = binary('mul', index(rank + 4 + d), int(axis.rhsDilation));
    let p = binary('sub', binary('add', step, tap), int(axis.padLow));
    const checks = [compare('ge', p, i32(0))];
    if (axis.lhsDilation !== 1) {
      checks.push(compare('eq', binary('rem', p, int(axis.lhsDilation)), i32(0)));
      p = binary('div', p, int(axis.lhsDilation));
    }
    checks.push(compare('lt', p, int(axis.input)));
    inside = checks.reduce((a, b) => and(a, b), inside ?? constant(1, 'bool'));
    return binary('max', i32(0), binary('min', p, binary('sub', int(axis.input), i32(1))));
  });
  const x = at(0, kernel.dtype, [group, n, channel, ...positions]);
  const w = at(1, kernel.dtype, [group, feature, channel, ...kernel.axes.map((_, d) => index(rank + 4 + d))]);
  const product = select(inside ?? constant(1, 'bool'), binary('mul', x, w), constant(0, kernel.dtype));
  return asReduce(
    [kernel.batch, ...kernel.axes.map((axis) => axis.output), kernel.groups, kernel.features],
    [kernel.channels, ...kernel.axes.map((axis) => axis.kernel)],
    [kernel.lhs, kernel.rhs],
    product,
    kernel,
  );
}

/**
 * Target coordinates that are an index of the updates walk along with it (those axes have one size in both); only the
 * others are searched.
 */
function scatterAsReduce(
  kernel: ScatterKernel,
  target: BufferSpec,
  temp: (dtype: BufferSpec['dtype'], size: Int) => number,
): Kernel[] {
  const dtype = computeDType(kernel.target.dtype);
  const dims = kernel.dims;
  const aligned = new Map<number, number>();
  kernel.coords.forEach((coord, axis) => {
    if (coord.kind === 'index' && ![...aligned.values()].includes(coord.axis)) aligned.set(axis, coord.axis);
  });
  const alongUpdate = new Map([...aligned].map(([axis, update]) => [update, axis]));
  const searched = kernel.shape.map((_, axis) => axis).filter((axis) => !alongUpdate.has(axis));
  // Index space: target axes, then the update axes that are searched.
  const place = (update: number): number => alongUpdate.get(update) ?? dims.length + searched.indexOf(update);
  const [value, ...coords] = rewrite([kernel.value, ...kernel.coords], (e) =>
    e.kind === 'index' ? index(place(e.axis)) : e,
  ) as [ScalarExpr, ...ScalarExpr[]];
  const hits = coords.flatMap((coord, axis) => (aligned.has(axis) ? [] : [compare('eq', coord, index(axis))]));
  const hit = hits.reduce<ScalarExpr>((a, b) => and(a, b), constant(1, 'bool'));
  const operands = kernel.operands.map((operand) => ({
    ...operand,
    strides: [
      ...dims.map((_, axis) => (aligned.has(axis) ? operand.strides[aligned.get(axis)!]! : 0)),
      ...searched.map((axis) => operand.strides[axis]!),
    ],
  }));
  const reduced = searched.map((axis) => kernel.shape[axis]!);
  const old = load(operands.length, dtype);
  const oldOperand: Operand = { ...kernel.target, strides: [...kernel.target.strides, ...zeros(reduced.length)] };
  const result = temp(kernel.target.dtype, target.size);
  const out: Operand = { ...kernel.target, buffer: result };
  const copyBack: Kernel = {
    kind: 'map',
    shape: dims,
    operands: [out],
    outputs: [{ operand: kernel.target, expr: load(0, dtype) }],
  };
  const reduce = (
    op: ReduceKernel['stages'][number]['op'],
    expr: ScalarExpr,
    stageType: ScalarExpr['dtype'],
    final: ScalarExpr,
  ): Kernel => ({
    kind: 'reduce',
    shape: dims,
    reduced,
    operands: [...operands, oldOperand],
    stages: [{ op, dtype: stageType, expr }],
    outputs: [{ operand: out, expr: final }],
    writes: [],
  });
  if (kernel.op !== 'set') {
    const op = kernel.op === 'add' ? 'sum' : kernel.op === 'mul' ? 'prod' : kernel.op;
    const total = stage(0, dtype);
    const join = kernel.op === 'add' ? 'add' : kernel.op;
    return [
      reduce(op, select(hit, value, constant(identityOf(op, dtype), dtype)), dtype, binary(join, old, total)),
      copyBack,
    ];
  }
  // The last hit wins: find the largest position, then the value there by a second masked reduction.
  const linear = searched.reduce<ScalarExpr>(
    (sum, axis, i) => binary('add', binary('mul', sum, int(kernel.shape[axis]!)), index(dims.length + i)),
    i32(0),
  );
  const position = select(hit, linear, i32(-1));
  const last = stage(0, 'int32');
  const chosen = select(and(hit, compare('eq', linear, last)), value, constant(identityOf('max', dtype), dtype));
  return [
    {
      kind: 'reduce',
      shape: dims,
      reduced,
      operands: [...operands, oldOperand],
      stages: [
        { op: 'max', dtype: 'int32', expr: position },
        { op: 'max', dtype, expr: chosen },
      ],
      outputs: [{ operand: out, expr: select(compare('ge', last, i32(0)), stage(1, dtype), old) }],
      writes: [],
    },
    copyBack,
  ];
}

function cumulativeAsReduce(kernel: CumulativeKernel): ReduceKernel {
  const rank = kernel.shape.length;
  const dtype = computeDType(kernel.input.dtype);
  const [to, from] = [index(rank), index(rank + 1)];
  const order = kernel.reverse ? (kernel.exclusive ? 'gt' : 'ge') : kernel.exclusive ? 'lt' : 'le';
  const lead = kernel.input.strides.slice(0, rank);
  return {
    kind: 'reduce',
    shape: [...kernel.shape, kernel.length],
    reduced: [kernel.length],
    operands: [{ ...kernel.input, strides: [...lead, 0, kernel.input.strides[rank]!] }],
    stages: [
      {
        op: kernel.op,
        dtype,
        expr: select(compare(order, from, to), load(0, dtype), constant(identityOf(kernel.op, dtype), dtype)),
      },
    ],
    outputs: [{ operand: kernel.output, expr: stage(0, dtype) }],
    writes: [],
  };
}

/** Rank of each element by counting those before it; then each place looks up who has its rank. */
function sortAsReduce(kernel: SortKernel, temp: (dtype: BufferSpec['dtype'], size: Int) => number): Kernel[] {
  const rank = kernel.shape.length;
  const dtype = computeDType(kernel.input.dtype);
  const space = [...kernel.shape, kernel.length];
  if (space.some((size) => typeof size !== 'number'))
    throw new BackendError('sort: can only be rewritten with immediate sizes');
  const total = (space as number[]).reduce((a, b) => a * b, 1);
  const natural = (space as number[]).map((_, axis) => (space as number[]).slice(axis + 1).reduce((a, b) => a * b, 1));
  const own: Operand = { ...kernel.input, strides: [...kernel.input.strides, 0] };
  const other: Operand = {
    ...kernel.input,
    strides: [...kernel.input.strides.slice(0, rank), 0, kernel.input.strides[rank]!],
  };
  const [x, y] = [load(0, dtype), load(1, dtype)];
  const [i, j] = [index(rank), index(rank + 1)];
  const nan = (e: ScalarExpr): ScalarExpr =>
    dtype === 'float32' || dtype === 'float64' ? unary('isNan', e) : constant(0, 'bool');
  const either = binary('or', nan(x), nan(y));
  const before = select(either, and(unary('not', nan(y)), nan(x)), compare(kernel.descending ? 'gt' : 'lt', y, x));
  const tie = select(either, and(nan(x), nan(y)), compare('eq', x, y));
  const counts = binary('or', before, and(tie, compare('lt', j, i)));
  const ranks: Operand = { buffer: temp('int32', total), dtype: 'int32', offset: 0, strides: natural };
  const places: Operand = { buffer: temp('int32', total), dtype: 'int32', offset: 0, strides: natural };
  const front = [...kernel.shape, kernel.limit ?? kernel.length];
  const kernels: Kernel[] = [
    {
      kind: 'reduce',
      shape: space,
      reduced: [kernel.length],
      operands: [own, other],
      stages: [{ op: 'sum', dtype: 'int32', expr: cast(counts, 'int32') }],
      outputs: [{ operand: ranks, expr: stage(0, 'int32') }],
      writes: [],
    },
    {
      kind: 'reduce',
      shape: front,
      reduced: [kernel.length],
      operands: [{ ...ranks, strides: [...natural.slice(0, rank), 0, natural[rank]!] }],
      stages: [{ op: 'sum', dtype: 'int32', expr: select(compare('eq', load(0, 'int32'), i), j, i32(0)) }],
      outputs: [{ operand: places, expr: stage(0, 'int32') }],
      writes: [],
    },
  ];
  if (kernel.indices) {
    kernels.push({
      kind: 'map',
      shape: front,
      operands: [places],
      outputs: [{ operand: kernel.indices, expr: load(0, 'int32') }],
    });
  }
  if (kernel.values) {
    const coords = [...kernel.shape.map((_, axis) => index(axis)), load(0, 'int32')];
    kernels.push({
      kind: 'map',
      shape: front,
      operands: [places, kernel.input],
      outputs: [{ operand: kernel.values, expr: at(1, dtype, coords) }],
    });
  }
  return kernels;
}
