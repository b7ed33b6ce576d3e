/**
 * The reference meaning of each kernel kind, in plain loops with float64 accumulation.
 */
import { computeDType, type ComputeDType, type TypedArray } from '../../dtype.ts';
import type {
  ConvKernel,
  CumulativeKernel,
  Kernel,
  LoopKernel,
  MapKernel,
  MatmulKernel,
  Output,
  ReduceKernel,
  ReduceOp,
  ScatterKernel,
  SortKernel,
} from '../../kernel/kernel.ts';
import type { Int } from '../../kernel/scalar.ts';
import { BackendError } from '../../errors.ts';
import {
  bind,
  evaluator,
  position,
  readElement,
  resolve,
  writeElement,
  type BoundOperand,
  type Frame,
} from './evaluate.ts';

/** A frame whose loop carries may swap their memory. */
export interface MutableFrame extends Frame {
  readonly arrays: TypedArray[];
}

export function runKernel(kernel: Kernel, frame: MutableFrame): void {
  switch (kernel.kind) {
    case 'map':
      return runMap(kernel, frame);
    case 'reduce':
      return runReduce(kernel, frame);
    case 'matmul':
      return runMatmul(kernel, frame);
    case 'conv':
      return runConv(kernel, frame);
    case 'scatter':
      return runScatter(kernel, frame);
    case 'cumulative':
      return runCumulative(kernel, frame);
    case 'sort':
      return runSort(kernel, frame);
    case 'loop':
      return runLoop(kernel, frame);
    case 'switch': {
      const { array, base } = bind(kernel.index, frame);
      return kernel.branches[Number(array[base])]!.forEach((inner) => runKernel(inner, frame));
    }
    case 'routine':
      throw new BackendError(`reference: routine '${kernel.name}' was not claimed by this backend`);
    default:
      kernel satisfies never;
  }
}

/** Visits every index of `shape` in row-major order; `index` holds the current one. */
function forEachIndex(shape: readonly number[], index: Int32Array, visit: () => void, axis = 0): void {
  if (axis === shape.length) return visit();
  for (let i = 0; i < shape[axis]!; i++) {
    index[axis] = i;
    forEachIndex(shape, index, visit, axis + 1);
  }
}

function sizes(shape: readonly Int[], frame: Frame): number[] {
  return shape.map((size) => resolve(size, frame));
}

/** Evaluates outputs at the current index and stores them; all are computed before the first is stored. */
function storer(
  outputs: readonly Output[],
  operands: readonly BoundOperand[],
  index: Int32Array,
  stages: ArrayLike<number>,
  frame: Frame,
): () => void {
  const targets = outputs.map((output) => bind(output.operand, frame));
  const evaluate = evaluator(
    outputs.map((output) => output.expr),
    operands,
    index,
    stages,
    frame,
  );
  return () => {
    evaluate.run();
    targets.forEach((target, i) =>
      writeElement(target.array, target.dtype, position(target, index), evaluate.value(i)),
    );
  };
}

function runMap(kernel: MapKernel, frame: Frame): void {
  const shape = sizes(kernel.shape, frame);
  const index = new Int32Array(shape.length);
  const operands = kernel.operands.map((operand) => bind(operand, frame));
  forEachIndex(shape, index, storer(kernel.outputs, operands, index, [], frame));
}

/** The value of reducing nothing. */
export function identityOf(op: ReduceOp | 'set' | 'add' | 'mul', dtype: ComputeDType): number {
  switch (op) {
    case 'prod':
    case 'mul':
      return 1;
    case 'max':
      return dtype === 'int32' ? -(2 ** 31) : dtype === 'uint32' || dtype === 'bool' ? 0 : -Infinity;
    case 'min':
      return dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'uint32' ? 2 ** 32 - 1 : dtype === 'bool' ? 1 : Infinity;
    default:
      return 0;
  }
}

interface Accumulator {
  reset(): void;
  add(value: number, at: number): void;
  result(): number;
}

/** NaN wins in `max`, `min`, `argMax` and `argMin`. Integer sums and products wrap. */
function accumulator(op: ReduceOp, dtype: ComputeDType): Accumulator {
  const integer = dtype === 'int32' || dtype === 'uint32';
  const finish = (x: number): number => (dtype === 'int32' ? x | 0 : dtype === 'uint32' ? x >>> 0 : x);
  const start = identityOf(op, dtype);
  let total = start;
  let best = NaN;
  let where = -1;
  const combine: { readonly [K in ReduceOp]: (x: number, at: number) => void } = {
    sum: (x) => (total = integer ? finish(total + x) : total + x),
    prod: (x) => (total = integer ? finish(Math.imul(total, x)) : total * x),
    max: (x) => (total = Math.max(total, x)),
    min: (x) => (total = Math.min(total, x)),
    argMax: (x, at) => pick(x, at, x > best),
    argMin: (x, at) => pick(x, at, x < best),
  };
  const pick = (x: number, at: number, better: boolean): void => {
    if (where >= 0 && !better && !(Number.isNaN(x) && !Number.isNaN(best))) return;
    best = x;
    where = at;
  };
  return {
    reset: () => {
      total = start;
      best = NaN;
      where = -1;
    },
    add: combine[op],
    result: () => (op === 'argMax' || op === 'argMin' ? Math.max(where, 0) : total),
  };
}

function runReduce(kernel: ReduceKernel, frame: Frame): void {
  const kept = sizes(kernel.shape, frame);
  const reduced = sizes(kernel.reduced, frame);
  const index = new Int32Array(kept.length + reduced.length);
  const operands = kernel.operands.map((operand) => bind(operand, frame));
  const stages = new Float64Array(kernel.stages.length);
  const inner = index.subarray(kept.length);
  const passes = kernel.stages.map((stage) => ({
    accumulate: accumulator(stage.op, stage.expr.dtype),
    evaluate: evaluator([stage.expr], operands, index, stages, frame),
  }));
  const store = storer(kernel.outputs, operands, index, stages, frame);
  const write = storer(kernel.writes, operands, index, stages, frame);
  forEachIndex(kept, index, () => {
    passes.forEach(({ accumulate, evaluate }, i) => {
      accumulate.reset();
      let at = 0;
      forEachIndex(reduced, inner, () => {
        evaluate.run();
        accumulate.add(evaluate.value(0), at++);
      });
      stages[i] = accumulate.result();
    });
    inner.fill(0);
    store();
    if (kernel.writes.length > 0) forEachIndex(reduced, inner, write);
  });
}

function runMatmul(kernel: MatmulKernel, frame: Frame): void {
  const batch = sizes(kernel.batch, frame);
  const [m, n, k] = sizes([kernel.m, kernel.n, kernel.k], frame) as [number, number, number];
  const rank = batch.length;
  const index = new Int32Array(rank + 2);
  const a = bind(kernel.a, frame);
  const b = bind(kernel.b, frame);
  const stages = [0];
  const operands = kernel.operands.map((operand) => bind(operand, frame));
  const store = storer(kernel.outputs, operands, index, stages, frame);
  const [strideM, strideKa] = a.strides.slice(rank) as [number, number];
  const [strideKb, strideN] = b.strides.slice(rank) as [number, number];
  const accumulate = accumulator('sum', kernel.dtype);
  const multiply =
    kernel.dtype === 'float32' || kernel.dtype === 'float64' ? (x: number, y: number) => x * y : Math.imul;
  forEachIndex([...batch, m, n], index, () => {
    let pa = a.base + index[rank]! * strideM;
    let pb = b.base + index[rank + 1]! * strideN;
    for (let axis = 0; axis < rank; axis++) {
      pa += a.strides[axis]! * index[axis]!;
      pb += b.strides[axis]! * index[axis]!;
    }
    accumulate.reset();
    for (let i = 0; i < k; i++, pa += strideKa, pb += strideKb) {
      accumulate.add(multiply(readElement(a.array, a.dtype, pa), readElement(b.array, b.dtype, pb)), i);
    }
    stages[0] = accumulate.result();
    store();
  });
}

function runConv(kernel: ConvKernel, frame: Frame): void {
  const [groups, batch, channels, features] = sizes(
    [kernel.groups, kernel.batch, kernel.channels, kernel.features],
    frame,
  ) as [number, number, number, number];
  const axes = kernel.axes.map((axis) => ({
    input: resolve(axis.input, frame),
    kernel: resolve(axis.kernel, frame),
    output: resolve(axis.output, frame),
    stride: resolve(axis.stride, frame),
    padLow: resolve(axis.padLow, frame),
    lhsDilation: resolve(axis.lhsDilation, frame),
    rhsDilation: resolve(axis.rhsDilation, frame),
  }));
  const rank = axes.length;
  const lhs = bind(kernel.lhs, frame);
  const rhs = bind(kernel.rhs, frame);
  const index = new Int32Array(rank + 3);
  const window = new Int32Array(rank);
  const stages = [0];
  const operands = kernel.operands.map((operand) => bind(operand, frame));
  const store = storer(kernel.outputs, operands, index, stages, frame);
  const windowShape = axes.map((axis) => axis.kernel);
  const lhsIndex = new Int32Array(rank + 3);
  const rhsIndex = new Int32Array(rank + 3);
  forEachIndex([batch, ...axes.map((axis) => axis.output), groups, features], index, () => {
    const group = index[rank + 1]!;
    lhsIndex[0] = rhsIndex[0] = group;
    lhsIndex[1] = index[0]!;
    rhsIndex[1] = index[rank + 2]!;
    let sum = 0;
    forEachIndex(windowShape, window, () => {
      for (let d = 0; d < rank; d++) {
        const axis = axes[d]!;
        const at = index[d + 1]! * axis.stride - axis.padLow + window[d]! * axis.rhsDilation;
        const inside = at >= 0 && at % axis.lhsDilation === 0 && at / axis.lhsDilation < axis.input;
        if (!inside) return;
        lhsIndex[d + 3] = at / axis.lhsDilation;
        rhsIndex[d + 3] = window[d]!;
      }
      for (let c = 0; c < channels; c++) {
        lhsIndex[2] = rhsIndex[2] = c;
        sum +=
          readElement(lhs.array, lhs.dtype, position(lhs, lhsIndex)) *
          readElement(rhs.array, rhs.dtype, position(rhs, rhsIndex));
      }
    });
    stages[0] = kernel.dtype === 'int32' ? sum | 0 : sum;
    store();
  });
}

function runScatter(kernel: ScatterKernel, frame: Frame): void {
  const shape = sizes(kernel.shape, frame);
  const dims = sizes(kernel.dims, frame);
  const index = new Int32Array(shape.length);
  const target = bind(kernel.target, frame);
  const operands = kernel.operands.map((operand) => bind(operand, frame));
  const evaluate = evaluator([...kernel.coords, kernel.value], operands, index, [], frame);
  const combine = SCATTER[kernel.op];
  const integer = computeDType(target.dtype) === 'int32' || computeDType(target.dtype) === 'uint32';
  const coords = new Int32Array(dims.length);
  forEachIndex(shape, index, () => {
    evaluate.run();
    for (let axis = 0; axis < dims.length; axis++) {
      const at = evaluate.value(axis);
      if (at < 0 || at >= dims[axis]!) return;
      coords[axis] = at;
    }
    const at = position(target, coords);
    const old = readElement(target.array, target.dtype, at);
    const value = evaluate.value(dims.length);
    const next = integer && kernel.op === 'mul' ? Math.imul(old, value) : combine(old, value);
    writeElement(target.array, target.dtype, at, next);
  });
}

const SCATTER: { readonly [K in ScatterKernel['op']]: (old: number, value: number) => number } = {
  set: (_, value) => value,
  add: (old, value) => old + value,
  mul: (old, value) => old * value,
  max: Math.max,
  min: Math.min,
};

function runCumulative(kernel: CumulativeKernel, frame: Frame): void {
  const shape = sizes(kernel.shape, frame);
  const length = resolve(kernel.length, frame);
  const index = new Int32Array(shape.length + 1);
  const input = bind(kernel.input, frame);
  const output = bind(kernel.output, frame);
  const accumulate = accumulator(kernel.op, computeDType(kernel.input.dtype));
  forEachIndex(shape, index, () => {
    accumulate.reset();
    for (let step = 0; step < length; step++) {
      index[shape.length] = kernel.reverse ? length - 1 - step : step;
      const value = readElement(input.array, input.dtype, position(input, index));
      const before = accumulate.result();
      accumulate.add(value, step);
      writeElement(
        output.array,
        output.dtype,
        position(output, index),
        kernel.exclusive ? before : accumulate.result(),
      );
    }
  });
}

function runSort(kernel: SortKernel, frame: Frame): void {
  const shape = sizes(kernel.shape, frame);
  const length = resolve(kernel.length, frame);
  const index = new Int32Array(shape.length + 1);
  const input = bind(kernel.input, frame);
  const values = kernel.values && bind(kernel.values, frame);
  const indices = kernel.indices && bind(kernel.indices, frame);
  const sign = kernel.descending ? -1 : 1;
  forEachIndex(shape, index, () => {
    const line = Array.from({ length }, (_, i) => {
      index[shape.length] = i;
      return readElement(input.array, input.dtype, position(input, index));
    });
    const order = line
      .map((_, i) => i)
      .sort((i, j) => {
        const [x, y] = [line[i]!, line[j]!];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || i - j;
        return x === y ? i - j : sign * (x < y ? -1 : 1);
      });
    const wanted = kernel.limit === undefined ? length : resolve(kernel.limit, frame);
    order.slice(0, wanted).forEach((from, to) => {
      index[shape.length] = to;
      if (values) writeElement(values.array, values.dtype, position(values, index), line[from]!);
      if (indices) writeElement(indices.array, indices.dtype, position(indices, index), from);
    });
  });
}

function runLoop(kernel: LoopKernel, frame: MutableFrame): void {
  const trip = resolve(kernel.trip, frame);
  const outer = frame.iteration;
  for (let step = 0; step < trip; step++) {
    if (kernel.condition !== undefined && !frame.arrays[kernel.condition]![0]) break;
    frame.iteration = kernel.reverse ? trip - 1 - step : step;
    for (const inner of kernel.body) runKernel(inner, frame);
    for (const { current, next } of kernel.carries) {
      const swapped = frame.arrays[current]!;
      frame.arrays[current] = frame.arrays[next]!;
      frame.arrays[next] = swapped;
    }
  }
  frame.iteration = outer;
}
