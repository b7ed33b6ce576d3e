/**
 * Conformance cases of composites: several kernels, stages and epilogues in one program.
 */
import type { Backend } from '../backend/backend.ts';
import { reference } from '../backend/reference/reference.ts';
import type { TensorLike } from '../create.ts';
import { avgPool, conv, convTranspose, maxPool } from '../functions/nn/convolution.ts';
import { layerNorm, rmsNorm } from '../functions/nn/normalization.ts';
import { sigmoidCrossEntropy, softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from '../functions/nn/losses.ts';
import { elu, gelu, logSoftmax, mish, selu, silu, softmax, softplus } from '../functions/nn/activations.ts';
import { Generator } from '../functions/random.ts';
import { logSumExp, mean, variance } from '../functions/reduce.ts';
import { oneHot } from '../functions/indexing.ts';
import { reshape, slice } from '../functions/movement.ts';
import { pad } from '../functions/pad.ts';
import { withBackend } from '../runtime/context.ts';
import { Tensor } from '../tensor.ts';
import { composite } from '../functions/composite.ts';
import { expectClose } from './compare.ts';
import type { ConformanceCase } from './conformance.ts';
import { laidOut, LAYOUTS } from './layouts.ts';
import { testRandom } from './random.ts';

const SHAPES = [
  [3, 7],
  [2, 5, 10],
  [33, 65],
];

function values(count: number, seed: number): Float64Array {
  const random = testRandom(seed);
  return Float64Array.from({ length: count }, () => 4 * random.next() - 2);
}

/** A function of one float32 tensor, in every shape and layout. */
function ofOne(name: string, f: (x: Tensor) => Tensor, tolerance = 1e-5): ConformanceCase {
  return {
    name: `composite ${name}`,
    run: async (backend) => {
      for (const shape of SHAPES) {
        const data = values(
          shape.reduce((a, b) => a * b, 1),
          shape.length,
        );
        const run = (on: Backend, layout: (typeof LAYOUTS)[number]) =>
          withBackend(on, () => f(laidOut(data, shape, 'float32', layout, on))).data();
        const expected = await run(reference(), 'contiguous');
        for (const layout of LAYOUTS)
          expectClose(await run(backend, layout), expected, tolerance, `${name} [${shape.join()}] ${layout}`);
      }
    },
  };
}

/** Any function, on the backend and on the reference. */
function same(name: string, f: () => Tensor, tolerance = 1e-5): ConformanceCase {
  return {
    name: `composite ${name}`,
    run: async (backend) => {
      const expected = await withBackend(reference(), f).data();
      expectClose(await withBackend(backend, f).data(), expected, tolerance, name);
    },
  };
}

const made = (shape: readonly number[], seed: number): Tensor =>
  Tensor.fromValues(
    values(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
    'float32',
  );
const row = (x: Tensor): TensorLike => x.at(...x.shape.map((_, axis) => (axis === x.rank - 1 ? null : 0)));

const dense = composite<object>('denseRelu', ([x, w, b]) => x!.matmul(w!).add(b!).relu());
/** The epilogue reads another operand across the rows. */
const across = composite<object>('acrossRows', ([x]) => x!.transpose().matmul(x!).add(x!.transpose()));
const padded = composite<object>('padded', ([x]) => pad(x!.tanh(), 1, 0.5).mul(2));
/** No strides of the stored value express this view of it. */
const recut = composite<object>('recut', ([x]) => reshape(slice(x!.neg(), [1, 1], [4, 2]), [2, 4]));

/** Cases whose programs hold more than one kernel or stage. */
export const COMPOSITE_CASES: readonly ConformanceCase[] = [
  same('matmul with a transposed operand in its epilogue', () => across([made([17, 17], 3)], {})),
  same('pad inside a program', () => padded([made([3, 5], 4)], {})),
  same('an output that must be copied to be viewed', () => recut([made([6, 4], 5)], {})),
  ofOne('softmax', (x) => softmax(x)),
  ofOne('softmax over the first axis', (x) => softmax(x, 0)),
  ofOne('softmax over all axes', (x) =>
    softmax(
      x,
      x.shape.map((_, axis) => axis),
    ),
  ),
  ofOne('logSoftmax', (x) => logSoftmax(x)),
  ofOne('logSumExp', (x) => logSumExp(x, 0)),
  ofOne('layerNorm', (x) => layerNorm(x, -1, { scale: row(x), offset: row(x) }), 1e-4),
  ofOne(
    'layerNorm over the first axes',
    (x) =>
      layerNorm(
        x,
        x.shape.slice(1).map((_, axis) => axis),
      ),
    1e-4,
  ),
  ofOne('rmsNorm', (x) => rmsNorm(x)),
  ofOne('mean and variance', (x) => mean(x, 0).add(variance(x, 0))),
  ofOne('gelu', (x) => gelu(x)),
  ofOne('exact gelu', (x) => gelu(x, false)),
  ofOne('silu, elu, selu, softplus, mish', (x) => silu(x).add(elu(x)).add(selu(x)).add(softplus(x)).add(mish(x))),
  ofOne('softmax cross-entropy', (x) => softmaxCrossEntropy(softmax(x.flip(-1)), x)),
  ofOne('sigmoid cross-entropy', (x) => sigmoidCrossEntropy(x.sigmoid(), x)),
  same('sparse softmax cross-entropy', () =>
    sparseSoftmaxCrossEntropy(Tensor.fromValues([2, 0, 4], [3], 'int32'), made([3, 5], 3)),
  ),
  same('dense layer with bias and relu', () => dense([made([33, 17], 1), made([17, 29], 2), made([29], 3)], {})),
  same('convolution and pooling', () =>
    maxPool(conv(made([2, 9, 9, 3], 1), made([3, 3, 3, 5], 2), { padding: 'same' }).relu(), 2),
  ),
  same('average pooling with padding', () => avgPool(made([2, 5, 5, 3], 1), 3, { strides: 2, padding: 'same' })),
  same('transposed convolution', () =>
    convTranspose(made([2, 4, 4, 3], 1), made([3, 3, 5, 3], 2), { strides: 2, padding: 'same' }),
  ),
  same('one-hot', () => oneHot(Tensor.fromValues([1, 0, 3, 7], [4], 'int32'), 4)),
  same('random bits', () => new Generator(7).bits([13]), 0),
  same('uniform numbers', () => new Generator(7).uniform([3, 5]), 0),
  same('normal numbers', () => new Generator(7).normal([3, 5])),
  same('truncated normal numbers', () => new Generator(7).truncatedNormal([3, 5])),
];
