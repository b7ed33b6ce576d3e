/**
 * Making tensors, moving their elements, and products of them.
 */
import { tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { casesOf, exactly, flags, positive, real, whole, type Case } from '../case.ts';

const on = casesOf(ops);
const X = real([2, 3]);
const V = real([3]);

const MAKING: readonly Case[] = [
  on('arange', (f) => f(1, 9, 2)),
  on('array', (f, x) => [f([1, 2, 3]), f(x)], [V]),
  on('empty', (f) => ops.zerosLike(f([2, 3]))),
  on('emptyLike', (f, x) => ops.zerosLike(f(x)), [X]),
  on('eye', (f) => f(2, 3, 1)),
  on('identity', (f) => f(3)),
  on('full', (f) => f([2, 3], 4)),
  on('fullLike', (f, x) => f(x, 4), [X]),
  on('ones', (f) => f([2, 3])),
  on('onesLike', (f, x) => f(x), [X]),
  on('zeros', (f) => f([2, 3])),
  on('zerosLike', (f, x) => f(x), [X]),
  on('linspace', (f, x, y) => f(x, y, 4), [V, real([3], 1, 3)]),
  on('logspace', (f, x, y) => f(x, y, 4), [V, real([3], 1, 1)]),
  on('geomspace', (f, x, y) => f(x, y, 4), [positive([3]), positive([3])]),
  on('meshgrid', (f, x, y) => f([x, y]), [V, real([2])]),
  on('tri', (f) => f(3, 4, 1)),
  on('diag', (f, x) => f(x, 1), [V]),
  on('diagflat', (f, x) => f(x), [X]),
  on('vander', (f, x) => f(x, 4), [V]),
  on('oneHot', (f, x) => f(x, 4), [whole([3], 0, 4)]),
  on('multiHot', (f, x) => f(x, 4), [whole([2, 3], 0, 4)]),
];

const MOVING: readonly Case[] = [
  on('broadcastTo', (f, x) => f(x, [2, 3]), [V]),
  on('concat', (f, x, y) => f([x, y], 1), [X, real([2, 2])]),
  on('append', (f, x, y) => [f(x, y), f(x, y, 0)], [X, X]),
  on('stack', (f, x, y) => f([x, y], -1), [X, X]),
  on('hstack', (f, x, y) => f([x, y]), [X, X]),
  on('vstack', (f, x, y) => f([x, y]), [X, X]),
  on('dstack', (f, x, y) => f([x, y]), [X, X]),
  on('columnStack', (f, x, y) => f([x, y]), [V, V]),
  on('split', (f, x) => f(x, [1], 1), [X]),
  on('arraySplit', (f, x) => f(x, 2, 1), [X]),
  on('hsplit', (f, x) => f(x, 3), [X]),
  on('vsplit', (f, x) => f(x, 2), [X]),
  on('dsplit', (f, x) => f(x, 2), [real([1, 2, 4])]),
  on('unstack', (f, x) => f(x, null, 1), [X]),
  on('expandDims', (f, x) => f(x, 1), [X]),
  on('squeeze', (f, x) => f(x, 1), [real([2, 1, 3])]),
  on('reshape', (f, x) => f(x, [3, -1]), [X]),
  on('ravel', (f, x) => f(x), [X]),
  on('transpose', (f, x) => f(x), [X]),
  on('moveAxis', (f, x) => f(x, 0, -1), [real([2, 3, 1])]),
  on('swapAxes', (f, x) => f(x, 0, -1), [real([2, 1, 3])]),
  on('flip', (f, x) => f(x, 1), [X]),
  on('fliplr', (f, x) => f(x), [X]),
  on('flipud', (f, x) => f(x), [X]),
  on('rot90', (f, x) => f(x), [X]),
  on('roll', (f, x) => f(x, 1, 1), [X]),
  on('repeat', (f, x) => f(x, [2, 0, 1], 1), [X]),
  on('tile', (f, x) => f(x, [2, 1]), [X]),
  on('pad', (f, x) => [f(x, 1), f(x, 1, 'reflect')], [X]),
  on('tril', (f, x) => f(x), [X]),
  on('triu', (f, x) => f(x, 1), [X]),
  on('diagonal', (f, x) => f(x, 1), [X]),
  on('trace', (f, x) => f(x), [X]),
  on('rearrange', (f, x) => f(x, 'a (b c) -> c a b', { b: 2 }), [real([2, 4])]),
  on('slice', (f, x, at) => [f(x, [0, 1], [2, 2]), f(x, at, [1, 2])], [X, exactly([1, 0])]),
  on('sliceUpdate', (f, x, u) => f(x, [1, 0], u), [X, real([1, 2])]),
  on('getItem', (f, x) => [f(x, 1), f(x, ['...', -1])], [X]),
  on('take', (f, x, i) => f(x, i, 1), [X, whole([2], 0, 3)]),
  on('takeAlongAxis', (f, x, i) => f(x, i, 1), [X, whole([2, 2], 0, 3)]),
  on('gather', (f, x, i) => f(x, i, 1), [X, whole([2], 0, 3)]),
  on('gatherNd', (f, x, i) => f(x, i), [X, exactly([0, 2, 1, 1], 'int32', [2, 2])]),
  on('scatter', (f, i, x) => f(i, x, [4]), [exactly([0, 2, 0], 'int32', [3, 1]), V]),
  on('scatterNd', (f, x, i, u) => f(x, i, u, 'add'), [V, exactly([0, 2, 0], 'int32', [3, 1]), V]),
  on('scatterUpdate', (f, x, i, u) => f(x, i, u), [V, exactly([0, 2], 'int32', [2, 1]), real([2])]),
  on('select', (f, c, x, y) => f([c], [x], y), [flags([2, 3]), X, X]),
  on('where', (f, c, x, y) => f(c, x, y), [flags([2, 3]), X, V]),
];

const PRODUCTS: readonly Case[] = [
  on('matmul', (f, x, y) => f(x, y), [X, real([3, 2])]),
  on('dot', (f, x, y) => f(x, y), [V, V]),
  on('vdot', (f, x, y) => f(x, y), [X, X]),
  on('inner', (f, x, y) => f(x, y), [X, V]),
  on('outer', (f, x, y) => f(x, y), [V, real([2])]),
  on('cross', (f, x, y) => f(x, y), [X, V]),
  on('kron', (f, x, y) => f(x, y), [real([2, 2]), V]),
  on('tensordot', (f, x, y) => f(x, y, [[1], [0]]), [X, real([3, 2])]),
  on('einsum', (f, x, y) => f('ij,kj->ik', x, y), [X, X]),
];

const ASKING: readonly Case[] = [
  on('shape', (f, x) => tensor([...f(x)], 'int32'), [X]),
  on('size', (f, x) => tensor(f(x), 'int32'), [X]),
  on('ndim', (f, x) => tensor(f(x), 'int32'), [X]),
  on('dtype', (f, x) => ops.zeros([2], f(x)), [whole([3], 0, 4)]),
  on('resultType', (f, x) => ops.zeros([2], f(x, 'float32')), [whole([3], 0, 4)]),
  on('isTensor', (f, x) => tensor([f(x), f(1)]), [X]),
  on('convertToTensor', (f, x) => [f(x), f([1, 2])], [X]),
  on('convertToNumpy', (f, x) => tensor(f(x) as never), [X], {
    reads: true,
    jit: 'reads values',
    vmap: 'reads values',
    derivative: 'gives host arrays, through which nothing flows',
  }),
];

export const ARRAYS: readonly Case[] = [...MAKING, ...MOVING, ...PRODUCTS, ...ASKING];
