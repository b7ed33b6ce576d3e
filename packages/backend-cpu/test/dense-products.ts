/**
 * Convolutions and products as compiled networks have them: known sizes, dense rows of channels, and the epilogues of
 * layers. Values are small multiples of ⅛, so that results can be compared bit by bit.
 */
import {
  binary,
  byteWidth,
  cast,
  constant,
  index,
  load,
  stage,
  viewBytes,
  type BufferRole,
  type ConvAxis,
  type ConvKernel,
  type DType,
  type Int,
  type Kernel,
  type MatmulKernel,
  type Operand,
  type Output,
  type ScalarExpr,
} from '@dl/tensor/backend';
import type { TestRandom } from '@dl/tensor/testing';
import type { RandomCase } from './random-program.ts';

export interface ConvShape {
  readonly groups?: number;
  readonly batch?: number;
  readonly channels: number;
  readonly features: number;
  /** Input, kernel, stride, padding on both sides, and dilations of each axis. */
  readonly axes: readonly {
    readonly input: number;
    readonly kernel: number;
    readonly stride?: number;
    readonly pad?: number;
    readonly lhsDilation?: number;
    readonly rhsDilation?: number;
  }[];
  /** Whether the kernel's gradient is meant: channels are images, and the batch lies side by side. */
  readonly gradient?: boolean;
}

/** How results leave a product. */
export const EPILOGUES = ['sum', 'relu6', 'residual', 'two', 'position', 'half'] as const;
export type Epilogue = (typeof EPILOGUES)[number];

/** Row-major strides of axes given in the order of memory, returned in the order of the kernel. */
function strides(sizes: readonly number[], order: readonly number[]): number[] {
  const result = sizes.map(() => 0);
  let step = 1;
  for (const axis of order.toReversed()) {
    result[axis] = step;
    step *= sizes[axis]!;
  }
  return result;
}

class Dense {
  readonly #random: TestRandom;
  readonly #open: boolean;
  readonly #values: number[] = [];
  readonly #buffers: { role: BufferRole; dtype: DType; size: number }[] = [];
  readonly #args: ReturnType<typeof viewBytes>[] = [];

  /** With `open`, sizes and strides are run-time parameters, as in programs of single ops. */
  constructor(random: TestRandom, open: boolean) {
    this.#random = random;
    this.#open = open;
  }

  int(value: number): Int {
    if (!this.#open || value === 1) return value;
    return { param: this.#values.push(value) - 1 };
  }

  operand(role: BufferRole, steps: readonly number[], sizes: readonly number[], dtype: DType = 'float32'): Operand {
    const size = 1 + steps.reduce((last, step, axis) => last + step * Math.max(0, sizes[axis]! - 1), 0);
    const data = viewBytes(dtype, new ArrayBuffer(size * byteWidth(dtype)));
    if (role === 'input') for (let i = 0; i < size; i++) data[i] = (this.#random.below(33) - 16) / 8;
    this.#args.push(data);
    return {
      buffer: this.#buffers.push({ role, dtype, size }) - 1,
      dtype,
      offset: 0,
      strides: steps.map((step) => (Math.abs(step) <= 1 ? step : this.int(step))),
    };
  }

  /** The epilogue over a space whose last axis are the features, in memory order. */
  epilogue(kind: Epilogue, space: readonly number[], features: number): { operands: Operand[]; outputs: Output[] } {
    const dense = strides(
      space,
      space.map((_, axis) => axis),
    );
    const bias = space.map((_, axis) => (axis === features ? 1 : 0));
    const sum = stage(0, 'float32');
    const out = (expr: ScalarExpr, dtype: DType = 'float32'): Output => ({
      operand: this.operand('output', dense, space, dtype),
      expr,
    });
    const biased = (): [Operand, ScalarExpr] => [
      this.operand('input', bias, space),
      binary('add', sum, load(0, 'float32')),
    ];
    const clamp = (x: ScalarExpr): ScalarExpr => binary('min', binary('max', x, constant(0)), constant(6));
    switch (kind) {
      case 'sum':
        return { operands: [], outputs: [out(sum)] };
      case 'relu6': {
        const [operand, x] = biased();
        return { operands: [operand], outputs: [out(clamp(x))] };
      }
      case 'residual': {
        const [operand, x] = biased();
        const input = this.operand('input', dense, space);
        return { operands: [operand, input], outputs: [out(binary('add', x, load(1, 'float32')))] };
      }
      case 'two': {
        const [operand, x] = biased();
        return { operands: [operand], outputs: [out(clamp(x)), out(sum)] };
      }
      case 'position': {
        const places = space.map((_, axis) => cast(index(axis), 'float32'));
        return { operands: [], outputs: [out(places.reduce((x, place) => binary('add', x, place), sum))] };
      }
      case 'half':
        return { operands: [], outputs: [out(binary('min', sum, constant(100)), 'float16')] };
      default:
        return kind satisfies never;
    }
  }

  finish(kernel: Kernel): RandomCase {
    const args = this.#buffers.map((_, i) => i);
    return {
      program: {
        name: 'dense',
        buffers: this.#buffers,
        args,
        params: this.#values.map(() => ({ dtype: 'int32' })),
        kernels: [kernel],
      },
      args: this.#args,
      params: this.#values,
    };
  }
}

/** A convolution of images with their channels innermost. */
export function denseConv(random: TestRandom, shape: ConvShape, epilogue: Epilogue = 'sum', open = false): RandomCase {
  const { groups = 1, batch = 2, channels, features, gradient = false } = shape;
  const axes = shape.axes.map((axis): ConvAxis => {
    const { input, kernel, stride = 1, pad = 0, lhsDilation = 1, rhsDilation = 1 } = axis;
    const room = (input - 1) * lhsDilation + 1 + 2 * pad - ((kernel - 1) * rhsDilation + 1);
    const output = Math.max(0, Math.floor(room / stride) + 1);
    return { input, kernel, output, stride, padLow: pad, lhsDilation, rhsDilation };
  });
  const spatial = axes.map((_, d) => d + 3);
  const image = [groups, batch, channels, ...axes.map(({ input }) => input as number)];
  const filter = [groups, features, channels, ...axes.map(({ kernel }) => kernel as number)];
  const space = [batch, ...axes.map(({ output }) => output as number), groups, features];
  const dense = new Dense(random, open);
  const kernel: ConvKernel = {
    kind: 'conv',
    groups: dense.int(groups),
    batch: dense.int(batch),
    channels: dense.int(channels),
    features: dense.int(features),
    axes: axes.map((axis) => ({
      ...axis,
      input: dense.int(axis.input as number),
      output: dense.int(axis.output as number),
      padLow: dense.int(axis.padLow as number),
    })),
    dtype: 'float32',
    lhs: dense.operand('input', strides(image, gradient ? [2, ...spatial, 0, 1] : [1, ...spatial, 0, 2]), image),
    rhs: dense.operand('input', strides(filter, gradient ? [2, ...spatial, 0, 1] : [...spatial, 2, 0, 1]), filter),
    ...dense.epilogue(epilogue, space, groups === 1 || features > 1 ? space.length - 1 : space.length - 2),
  };
  return dense.finish(kernel);
}

/** A product of matrices, each either as it is or transposed. */
export function denseMatmul(
  random: TestRandom,
  [m, n, k]: readonly [m: number, n: number, k: number],
  { turnA = false, turnB = false, epilogue = 'sum' as Epilogue } = {},
): RandomCase {
  const dense = new Dense(random, false);
  const kernel: MatmulKernel = {
    kind: 'matmul',
    batch: [],
    m,
    n,
    k,
    dtype: 'float32',
    a: dense.operand('input', strides([m, k], turnA ? [1, 0] : [0, 1]), [m, k]),
    b: dense.operand('input', strides([k, n], turnB ? [1, 0] : [0, 1]), [k, n]),
    ...dense.epilogue(epilogue, [m, n], 1),
  };
  return dense.finish(kernel);
}
