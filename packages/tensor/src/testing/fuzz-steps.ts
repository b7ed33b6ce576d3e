/**
 * The steps that random programs are made of.
 */
import { gelu, logSoftmax, silu, softmax, softplus } from '../functions/nn/activations.ts';
import {
  abs,
  add,
  cos,
  div,
  exp,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  sin,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from '../functions/elementwise.ts';
import { broadcastTo, concat, flip, reshape, slice, transpose } from '../functions/movement.ts';
import { pad } from '../functions/pad.ts';
import { gather } from '../functions/indexing.ts';
import { cumsum, logSumExp, max, mean, min, variance } from '../functions/reduce.ts';
import { matmul } from '../functions/contract.ts';
import { broadcastShapes, sizeOf, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { TestRandom } from './random.ts';

/** What a step may choose from. */
export interface Draw {
  readonly random: TestRandom;
  /** Shapes of the values so far. */
  readonly shapes: readonly Shape[];
}

/** One step: a function of earlier values. */
export interface Step {
  readonly from: readonly number[];
  readonly shape: Shape;
  readonly text: string;
  readonly apply: (inputs: readonly Tensor[]) => Tensor;
}

/** Draws a step; null when what it needs is not there. */
export type StepMaker = (draw: Draw) => Step | null;

const LARGEST = 20_000;

const anyOf = ({ random, shapes }: Draw): number => random.below(shapes.length);

function unary(name: string, f: (x: Tensor) => Tensor): StepMaker {
  return (draw) => {
    const i = anyOf(draw);
    return { from: [i], shape: draw.shapes[i]!, text: name, apply: ([x]) => f(x!) };
  };
}

function joined(a: Shape, b: Shape): Shape | null {
  try {
    const shape = broadcastShapes(a, b, 'fuzz');
    return sizeOf(shape) > LARGEST ? null : shape;
  } catch {
    return null;
  }
}

function binary(name: string, f: (a: Tensor, b: Tensor) => Tensor): StepMaker {
  return (draw) => {
    const [i, j] = [anyOf(draw), anyOf(draw)];
    const shape = joined(draw.shapes[i]!, draw.shapes[j]!);
    return shape && { from: [i, j], shape, text: name, apply: ([a, b]) => f(a!, b!) };
  };
}

function reduction(name: string, f: (x: Tensor, axes: number[], keepDims: boolean) => Tensor): StepMaker {
  return (draw) => {
    const { random, shapes } = draw;
    const i = anyOf(draw);
    const shape = shapes[i]!;
    const axes = shape.flatMap((_, axis) => (random.next() < 0.5 ? [axis] : []));
    if (axes.length === 0) return null;
    const keep = random.next() < 0.5;
    const result = shape.flatMap((n, axis) => (!axes.includes(axis) ? [n] : keep ? [1] : []));
    return {
      from: [i],
      shape: result,
      text: `${name}[${axes.join()}${keep ? ', keepDims' : ''}]`,
      apply: ([x]) => f(x!, axes, keep),
    };
  };
}

/** A step along one axis that keeps the shape. */
function along(name: string, f: (x: Tensor, axis: number) => Tensor): StepMaker {
  return (draw) => {
    const i = anyOf(draw);
    const shape = draw.shapes[i]!;
    if (shape.length === 0) return null;
    const axis = draw.random.below(shape.length);
    return { from: [i], shape, text: `${name}[${axis}]`, apply: ([x]) => f(x!, axis) };
  };
}

const product: StepMaker = (draw) => {
  const pairs = draw.shapes.flatMap((a, i) =>
    draw.shapes.flatMap((b, j) =>
      a.length === 2 && b.length === 2 && a[1] === b[0] && a[0]! * b[1]! <= LARGEST ? [[i, j] as const] : [],
    ),
  );
  if (pairs.length === 0) return null;
  const [i, j] = draw.random.pick(pairs);
  const [a, b] = [draw.shapes[i]!, draw.shapes[j]!];
  return {
    from: [i, j],
    shape: [a[0]!, b[1]!],
    text: 'matmul/k',
    apply: ([x, y]) => mul(matmul(x!, y!), 1 / a[1]!),
  };
};

const permuted: StepMaker = (draw) => {
  const i = anyOf(draw);
  const shape = draw.shapes[i]!;
  const order = shape.map((_, axis) => axis);
  for (let k = order.length - 1; k > 0; k--) {
    const other = draw.random.below(k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return {
    from: [i],
    shape: order.map((axis) => shape[axis]!),
    text: `transpose[${order.join()}]`,
    apply: ([x]) => transpose(x!, order),
  };
};

const reshaped: StepMaker = (draw) => {
  const i = anyOf(draw);
  const size = sizeOf(draw.shapes[i]!);
  const divisors = Array.from({ length: 17 }, (_, k) => k + 1).filter((n) => size % n === 0);
  const rows = draw.random.pick(divisors);
  const shape = [rows, size / rows];
  return { from: [i], shape, text: `reshape[${shape.join()}]`, apply: ([x]) => reshape(x!, shape) };
};

const cut: StepMaker = (draw) => {
  const i = anyOf(draw);
  const shape = draw.shapes[i]!;
  const starts = shape.map((n) => draw.random.below(n));
  const sizes = shape.map((n, axis) => 1 + draw.random.below(n - starts[axis]!));
  return {
    from: [i],
    shape: sizes,
    text: `slice[${starts.join()}; ${sizes.join()}]`,
    apply: ([x]) => slice(x!, starts, sizes),
  };
};

const padded: StepMaker = (draw) => {
  const i = anyOf(draw);
  const widths = draw.shapes[i]!.map((): [number, number] => [draw.random.below(3), draw.random.below(3)]);
  const shape = draw.shapes[i]!.map((n, axis) => n + widths[axis]![0] + widths[axis]![1]);
  if (sizeOf(shape) > LARGEST) return null;
  return { from: [i], shape, text: `pad[${widths.join('; ')}]`, apply: ([x]) => pad(x!, widths, 0.5) };
};

const doubled: StepMaker = (draw) => {
  const i = anyOf(draw);
  const shape = draw.shapes[i]!;
  if (shape.length === 0 || 2 * sizeOf(shape) > LARGEST) return null;
  const axis = draw.random.below(shape.length);
  return {
    from: [i],
    shape: shape.map((n, d) => (d === axis ? 2 * n : n)),
    text: `concat with its negative[${axis}]`,
    apply: ([x]) => concat([x!, neg(x!)], axis),
  };
};

const repeated: StepMaker = (draw) => {
  const i = anyOf(draw);
  const shape = [1 + draw.random.below(4), ...draw.shapes[i]!];
  if (shape.length > 5 || sizeOf(shape) > LARGEST) return null;
  return { from: [i], shape, text: `broadcastTo[${shape.join()}]`, apply: ([x]) => broadcastTo(x!, shape) };
};

const picked: StepMaker = (draw) => {
  const i = anyOf(draw);
  const shape = draw.shapes[i]!;
  if (shape.length === 0) return null;
  const rows = Array.from({ length: 1 + draw.random.below(6) }, () => draw.random.below(shape[0]!));
  return {
    from: [i],
    shape: [rows.length, ...shape.slice(1)],
    text: `gather[${rows.join()}]`,
    apply: ([x]) => gather(x!, rows),
  };
};

/** All kinds of steps; frequent ones stand more than once. */
export const STEPS: readonly StepMaker[] = [
  unary('tanh', tanh),
  unary('sigmoid', sigmoid),
  unary('sin', sin),
  unary('cos', cos),
  unary('relu', relu),
  unary('abs', abs),
  unary('neg', neg),
  unary('square of tanh', (x) => square(tanh(x))),
  unary('exp of min(x, 1)', (x) => exp(minimum(x, 1))),
  unary('sqrt of 1 + x²', (x) => sqrt(add(square(x), 1))),
  unary('gelu', (x) => gelu(x)),
  unary('silu', silu),
  unary('softplus', softplus),
  unary('x where x > 0.1, else 0.1', (x) => where(x.greater(0.1), x, 0.1)),
  binary('add/2', (a, b) => mul(add(a, b), 0.5)),
  binary('sub/2', (a, b) => mul(sub(a, b), 0.5)),
  binary('mul of tanh', (a, b) => mul(tanh(a), b)),
  binary('a/(2 + |b|)', (a, b) => div(a, add(abs(b), 2))),
  binary('maximum', maximum),
  binary('minimum', minimum),
  reduction('mean', mean),
  reduction('max', max),
  reduction('min', min),
  reduction('variance', variance),
  reduction('logSumExp', logSumExp),
  along('softmax', softmax),
  along('logSoftmax/4', (x, axis) => mul(logSoftmax(x, axis), 0.25)),
  along('cumsum/n', (x, axis) => mul(cumsum(x, axis), 1 / x.shape[axis]!)),
  along('flip', (x, axis) => flip(x, axis)),
  product,
  product,
  product,
  permuted,
  permuted,
  reshaped,
  reshaped,
  cut,
  cut,
  padded,
  doubled,
  repeated,
  picked,
];
