/**
 * Bad input gets a typed error that names the op or layer, what was expected and what came.
 */
import { grad, variableGrads, vjp } from '@dl/autograd';
import { layers, losses, optimizers, Sequential } from '@dl/keras';
import * as t from '@dl/keras';
import { describe, expect, test } from 'vitest';

type Case = readonly [what: string, run: () => unknown, error: RegExp, message: RegExp];

const { tensor, zeros, ones } = t;
const i32 = (list: t.TensorLike): t.Tensor => tensor(list, 'int32');
const model = (): Sequential => {
  const m = new Sequential([new layers.Dense(3, { inputShape: [4] })]);
  m.compile({ optimizer: 'sgd', loss: 'mse' });
  return m;
};
const classifier = (): Sequential => {
  const m = new Sequential([new layers.Dense(3, { inputShape: [4] })]);
  m.compile({ optimizer: 'sgd', loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }) });
  return m;
};
const rows = (n: number, width: number): number[][] =>
  Array.from({ length: n }, () => new Array<number>(width).fill(0));

const CASES: readonly Case[] = [
  ['ragged array', () => tensor([[1, 2], [3]]), /ShapeError/, /ragged.*\[1\] has 1 elements, expected 2/],
  ['number beside array', () => tensor([[1], 2] as never), /ShapeError/, /ragged.*\[1\] is 2/],
  ['string in array', () => tensor([1, 'a'] as never), /DTypeError/, /got 'a' at \[1\]/],
  ['null', () => tensor(null as never), /DTypeError/, /got null/],
  ['misspelt dtype', () => tensor([1], 'flaot32' as never), /ConfigError/, /did you mean 'float32'/],
  ['big integers', () => tensor(new BigInt64Array(2) as never), /DTypeError/, /BigInt64Array is not supported/],
  [
    'wrong element count',
    () => tensor(new Float32Array(5), undefined, [2, 3]),
    /ShapeError/,
    /\[2, 3\] holds 6 elements, got 5/,
  ],
  ['negative size', () => zeros([-1]), /ShapeError/, /non-negative/],
  ['fractional size', () => zeros([1.5]), /ShapeError/, /non-negative integers, got \[1.5\]/],
  ['shape that is no array', () => zeros(3 as never), /ShapeError/, /expected a shape/],
  ['endless arange', () => t.arange(0, 1, 0), /ConfigError/, /step/],
  ['linspace count', () => t.linspace(0, 1, -1), /ConfigError/, /count/],
  [
    'broadcast',
    () => ones([2, 3]).add(ones([2, 4])),
    /ShapeError/,
    /add: shapes \[2, 3\] and \[2, 4\] do not broadcast/,
  ],
  [
    'matmul inner sizes',
    () => ones([32, 64]).matmul(ones([65, 10])),
    /ShapeError/,
    /matmul: inner dimensions differ, \[32, 64\] × \[65, 10\]/,
  ],
  ['matmul of scalars', () => tensor(1).matmul(tensor(2)), /ShapeError/, /use mul\(\)/],
  ['matmul batches', () => ones([2, 3, 4]).matmul(ones([3, 4, 5])), /ShapeError/, /batch axes/],
  ['reshape', () => ones([2, 3]).reshape([4]), /ShapeError/, /cannot reshape \[2, 3\] \(6 elements\) to \[4\]/],
  ['reshape with two holes', () => ones([2, 3]).reshape([-1, -1]), /ShapeError/, /only one size may be -1/],
  ['transpose', () => ones([2, 3]).transpose([0, 0]), /ShapeError/, /not a permutation/],
  ['axis out of range', () => ones([2, 3]).sum(2), /ShapeError/, /sum: axis 2 is out of range for rank 2/],
  ['axis twice', () => ones([2, 3]).sum([0, -2]), /ShapeError/, /twice/],
  ['squeeze of a real axis', () => t.squeeze(ones([2, 3]), 0), /ShapeError/, /axis 0 of \[2, 3\] has size 2/],
  ['slice outside', () => ones([3]).slice(2, 5), /ShapeError/, /slice/],
  ['index out of range', () => ones([3]).at(3), /ShapeError/, /index 3 is out of range/],
  ['too many indices', () => ones([3]).at(0, 0), /ShapeError/, /2 indices for shape \[3\]/],
  ['index with a string', () => ones([3]).at('x' as never), /ConfigError/, /cannot index with 'x'/],
  ['zero step', () => t.range(0, 3, 0), /ConfigError/, /step/],
  ['float index tensor', () => ones([3]).at(tensor([0.5])), /DTypeError/, /must be integers/],
  [
    'gather past the end',
    () => t.gather(ones([2, 2]), [2]),
    /ShapeError/,
    /index 2 at position 0 is out of range \[0, 2\)/,
  ],
  ['gather far below', () => t.gather(ones([2, 2]), [-3]), /ShapeError/, /index -3/],
  ['gather by fractions', () => t.gather(ones([2, 2]), [0.5]), /DTypeError/, /integers/],
  ['scatter mode', () => t.scatterNd(ones([2]), [[0]], [1], 'max2' as never), /ConfigError/, /unknown mode 'max2'/],
  ['topK', () => t.topK(ones([3]), 4), /ShapeError/, /topK/],
  ['oneHot classes', () => t.oneHot(i32([0]), 0), /ConfigError/, /classes/],
  ['concat of nothing', () => t.concat([]), /ShapeError/, /at least one/],
  ['concat shapes', () => t.concat([ones([2, 3]), ones([3, 2])]), /ShapeError/, /concat/],
  ['stack shapes', () => t.stack([ones([2]), ones([3])]), /ShapeError/, /\[2\] and \[3\]/],
  ['split', () => t.split(ones([5]), 2), /ShapeError/, /equal parts/],
  ['max of nothing', () => ones([0]).max(), /ShapeError/, /no elements/],
  ['argMax of nothing', () => ones([0]).argMax(0), /ShapeError/, /no elements/],
  ['bitwise on floats', () => t.bitwiseAnd(ones([1]), ones([1])), /DTypeError/, /integers/],
  ['einsum letters', () => t.einsum('ij,jk->iz', ones([2, 2]), ones([2, 2])), /ConfigError/, /'z' is in no operand/],
  ['einsum rank', () => t.einsum('ijk->i', ones([2, 2])), /ShapeError/, /does not fit shape \[2, 2\]/],
  ['einsum operands', () => t.einsum('i,j->ij', ones([2])), /ConfigError/, /2 operands, got 1/],
  [
    'conv channels',
    () => t.conv(ones([1, 5, 5, 3]), ones([3, 3, 2, 4])),
    /ShapeError/,
    /conv: the input has 3 channels/,
  ],
  ['conv rank', () => t.conv(ones([5, 5]), ones([3, 3])), /ShapeError/, /conv/],
  [
    'conv padding',
    () => t.conv(ones([1, 5, 1]), ones([3, 1, 1]), { padding: 'smae' as never }),
    /ConfigError/,
    /'valid', 'same'/,
  ],
  ['pool size', () => t.maxPool(ones([1, 4, 4, 1]), 0), /ConfigError/, /maxPool: pool size/],
  ['dropout rate', () => t.dropout(ones([2]), 1.5), /ConfigError/, /rate must be in \[0, 1\], got 1.5/],
  [
    'class id out of range',
    () => t.sparseSoftmaxCrossEntropy(i32([3]), ones([1, 3])),
    /ShapeError/,
    /index 3 at position 0/,
  ],
  [
    'class ids as floats',
    () => t.sparseSoftmaxCrossEntropy(ones([1]), ones([1, 3])),
    /DTypeError/,
    /cast\(ids, 'int32'\)/,
  ],
  [
    'cross-entropy shapes',
    () => t.softmaxCrossEntropy(ones([2]), ones([2, 3])),
    /ShapeError/,
    /for class ids use sparse/,
  ],
  ['fractional seed', () => new t.Generator(0.5), /ConfigError/, /seed must be an integer/],
  ['randint range', () => new t.Generator(1).randint([1], 3, 3), /ConfigError/, /low < high/],
  ['no backend', () => t.setBackend({} as never), /BackendError/, /expected a backend such as cpu\(\)/],
  ['item of many', () => ones([2]).itemSync(), /ShapeError/, /one element, got shape \[2\]/],
  [
    'grad of a vector',
    () => grad((x: t.Tensor) => x.mul(2))(ones([2])),
    /ShapeError/,
    /must return a scalar, got shape \[2\]/,
  ],
  ['grad by integers', () => grad((x: t.Tensor) => x.sum())(i32([1])), /DTypeError/, /cannot differentiate by a int32/],
  ['grad of no function', () => grad(3 as never)(ones([1])), /ConfigError/, /expected a function, got 3/],
  [
    'grad argnums',
    () => grad((x: t.Tensor) => x.sum(), { argnums: 1 })(ones([1])),
    /ConfigError/,
    /argnums 1 names no argument/,
  ],
  ['variableGrads async', () => variableGrads((async () => ones([])) as never, []), /ConfigError/, /promise/],
  [
    'vjp cotangent',
    () => vjp((x: t.Tensor) => x.mul(2), ones([2])).pullback(ones([3])),
    /ShapeError/,
    /must have shape \[2\], got \[3\]/,
  ],
  ['units', () => new layers.Dense(-1), /ConfigError/, /Dense/],
  [
    'misspelt activation',
    () => new layers.Dense(1, { activation: 'rleu' as never }),
    /ConfigError/,
    /did you mean 'relu'/,
  ],
  [
    'misspelt optimizer',
    () => model().compile({ optimizer: 'adm', loss: 'mse' }),
    /ConfigError/,
    /did you mean.*'adam'/,
  ],
  ['misspelt loss', () => model().compile({ optimizer: 'adam', loss: 'msee' }), /ConfigError/, /did you mean.*'mse'/],
  ['two clips', () => new optimizers.SGD(0.1, { clipnorm: 1, clipvalue: 1 }), /ConfigError/, /clip/],
  [
    'layer input',
    () => model().predict(ones([2, 5]), { verbose: 0 }),
    /ShapeError|ConfigError/,
    /expected .*4.*got .*5/,
  ],
  ['fit width', () => model().fit(rows(4, 5), rows(4, 3), { verbose: 0 }), /ShapeError/, /4.*5|5.*4/],
  ['fit lengths', () => model().fit(rows(4, 4), rows(3, 3), { verbose: 0 }), /ShapeError/, /4.*3|3.*4/],
  ['fit nothing', () => model().fit([], [], { verbose: 0 }), /Error/, /empty|no samples|at least one/i],
  ['fit ragged', () => model().fit([[1, 2, 3, 4], [1]], rows(2, 3), { verbose: 0 }), /ShapeError/, /ragged/],
  ['fit class ids', () => classifier().fit(rows(2, 4), [0, 7], { verbose: 0 }), /ShapeError|ConfigError/, /7/],
  ['fit NaN class ids', () => classifier().fit(rows(2, 4), [0, NaN], { verbose: 0 }), /Error/, /NaN|integer/],
];

describe('bad input', () => {
  test('there are enough cases', () => expect(CASES.length).toBeGreaterThanOrEqual(60));

  test.each(CASES)('%s', async (_, run, type, message) => {
    let caught: unknown = null;
    try {
      await run();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(t.DlError);
    expect((caught as Error).name).toMatch(type);
    expect((caught as Error).message).toMatch(message);
  });
});
