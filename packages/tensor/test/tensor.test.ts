/**
 * Tensors as values: making, reading, printing, dtypes, views, indexing.
 */
import {
  arange,
  at,
  concat,
  dot,
  einsum,
  eye,
  full,
  linspace,
  ones,
  pad,
  range,
  repeat,
  resultType,
  roll,
  setBackend,
  split,
  stack,
  tensor,
  tile,
  unstack,
  zeros,
  type DType,
  type Tensor,
} from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

setBackend(reference());

describe('making and reading', () => {
  test('nested arrays, typed arrays, scalars and shapes', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect([x.shape, x.dtype, x.rank, x.size]).toEqual([[2, 2], 'float32', 2, 4]);
    expect(await x.array()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(tensor([true, false]).dtype).toBe('bool');
    expect(tensor([true, false]).arraySync()).toEqual([true, false]);
    expect(tensor(new Int32Array([1, 2, 3, 4]), undefined, [2, 2]).dtype).toBe('int32');
    expect(await tensor(5).item()).toBe(5);
    expect(tensor({ data: new Float64Array(6), shape: [2, 3] }).dtype).toBe('float64');
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
  });

  test('values are copied in and out', async () => {
    const source = new Float32Array([1, 2]);
    const x = tensor(source);
    source[0] = 9;
    const first = await x.data();
    first[1] = 9;
    expect([...(await x.data())]).toEqual([1, 2]);
  });

  test('constructors', () => {
    expect(zeros([2]).arraySync()).toEqual([0, 0]);
    expect(ones([2], 'int32').dtype).toBe('int32');
    expect(full([2, 1], 7).arraySync()).toEqual([[7], [7]]);
    expect(full([1], true).dtype).toBe('bool');
    expect(arange(3).arraySync()).toEqual([0, 1, 2]);
    expect(arange(1, 2, 0.25).arraySync()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(arange(3, 0, -1).arraySync()).toEqual([3, 2, 1]);
    expect(linspace(0, 1, 5).arraySync()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(eye(2, 3, 1).arraySync()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  test('narrow storage rounds and wraps', () => {
    expect(tensor([1.0002441, 65504, 1e-8], 'float16').arraySync()).toEqual([1, 65504, 0]);
    expect(
      tensor([250, 5], 'uint8')
        .add(tensor([10, 10], 'uint8'))
        .arraySync(),
    ).toEqual([4, 15]);
    expect(tensor([3.7, -3.7, NaN, 1e20]).cast('int32').arraySync()).toEqual([3, -3, 0, 2147483647]);
    const sum = tensor([250], 'uint8').add(tensor([10], 'uint8'));
    expect(sum.less(tensor([5], 'uint8')).arraySync()).toEqual([true]);
  });

  test('printing', () => {
    expect(tensor([1, 2.5]).toString()).toBe('[1.0000, 2.5000]\nTensor(float32[2])');
    expect(tensor([[1, 20]], 'int32').toString()).toBe('[[ 1, 20]]\nTensor(int32[1, 2])');
    expect(tensor([NaN, Infinity, -1]).toString()).toBe('[nan, inf, -1.]\nTensor(float32[3])');
    expect(tensor([true]).toString()).toBe('[true]\nTensor(bool[1])');
    expect(zeros([0, 3]).toString()).toBe('[]\nTensor(float32[0, 3])');
    expect(arange(2000).toString()).toContain('[   0,    1,    2, ..., 1997, 1998, 1999]');
    expect(tensor(3).toString()).toBe('3.\nTensor(float32[])');
  });
});

describe('dtypes', () => {
  test.each<[DType, DType, DType]>([
    ['bool', 'int8', 'int8'],
    ['int8', 'uint8', 'int16'],
    ['int16', 'uint16', 'int32'],
    ['int32', 'uint32', 'int32'],
    ['uint8', 'int32', 'int32'],
    ['int32', 'float16', 'float16'],
    ['float16', 'float32', 'float32'],
    ['float32', 'float64', 'float64'],
    ['uint8', 'uint16', 'uint16'],
  ])('%s and %s give %s', (a, b, c) => {
    expect(tensor([1], a).add(tensor([1], b)).dtype).toBe(c === 'bool' ? 'int32' : c);
    expect(resultType(b, a)).toBe(c);
  });

  test('scalars are weak', () => {
    expect(tensor([1], 'int8').mul(2).dtype).toBe('int8');
    expect(tensor([1], 'int8').mul(2.5).dtype).toBe('float32');
    expect(tensor([1], 'float16').mul(2.5).dtype).toBe('float16');
    expect(tensor([true]).add(1).dtype).toBe('int32');
    expect(tensor([4], 'int32').div(2).dtype).toBe('float32');
    expect(tensor([1, 2], 'int32').mean().arraySync()).toBe(1.5);
    expect(tensor([200, 100], 'uint8').sum().arraySync()).toBe(300);
  });
});

describe('movement', () => {
  const x = arange(24).reshape([2, 3, 4]);

  test('views of views', () => {
    expect(x.transpose([2, 0, 1]).slice([1, 0, 1], [2, 2, 2]).flip(0).arraySync()).toEqual([
      [
        [6, 10],
        [18, 22],
      ],
      [
        [5, 9],
        [17, 21],
      ],
    ]);
    expect(x.transpose().reshape([-1]).slice(0, 4).arraySync()).toEqual([0, 12, 4, 16]);
  });

  test('any chain of views equals the same chain on copies', () => {
    const step = fc.oneof(
      fc.constant((t: Tensor) => t.transpose()),
      fc.constant((t: Tensor) => t.flip(0)),
      fc.constant((t: Tensor) => t.reshape([t.shape.at(-1)!, -1])),
      fc.constant((t: Tensor) => t.slice(t.shape.map((n) => (n > 1 ? 1 : 0)))),
      fc.constant((t: Tensor) => t.expandDims(0).squeeze(0)),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const lazy = steps.reduce((t, f) => f(t), x);
        const copied = steps.reduce((t, f) => {
          const next = f(t);
          return tensor(next.dataSync(), undefined, next.shape);
        }, x);
        expect(lazy.shape).toEqual(copied.shape);
        expect(lazy.add(0).arraySync()).toEqual(copied.arraySync());
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test('joining and splitting', () => {
    const [a, b] = split(x, 2, 0) as [Tensor, Tensor];
    expect(concat([a, b], 0).arraySync()).toEqual(x.arraySync());
    expect(stack([tensor([1, 2]), tensor([3, 4])], 1).arraySync()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(unstack(tensor([[1, 2]]), 1).map((t) => t.arraySync())).toEqual([[1], [2]]);
    expect(tile(tensor([[1, 2]]), [2, 2]).arraySync()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
    expect(repeat(tensor([1, 2]), 2).arraySync()).toEqual([1, 1, 2, 2]);
    expect(roll(tensor([1, 2, 3]), 1, 0).arraySync()).toEqual([3, 1, 2]);
    expect(pad(tensor([1]), 1, 9).arraySync()).toEqual([9, 1, 9]);
  });
});

describe('indexing', () => {
  const x = arange(12).reshape([3, 4]);

  test('numbers, ranges, new axes and ellipsis', () => {
    expect(x.at(1).arraySync()).toEqual([4, 5, 6, 7]);
    expect(x.at(-1, -1).arraySync()).toBe(11);
    expect(x.at(range(1), range(null, null, 2)).arraySync()).toEqual([
      [4, 6],
      [8, 10],
    ]);
    expect(x.at(range(null, null, -1), 0).arraySync()).toEqual([8, 4, 0]);
    expect(x.at('...', 1).arraySync()).toEqual([1, 5, 9]);
    expect(x.at(null, 'new', 0).shape).toEqual([3, 1]);
    expect(x.at(range(5, 9)).shape).toEqual([0, 4]);
    expect(x.at(range(-2, -1)).arraySync()).toEqual([[4, 5, 6, 7]]);
  });

  test('index tensors', () => {
    expect(x.at(tensor([2, 0], 'int32')).arraySync()).toEqual([
      [8, 9, 10, 11],
      [0, 1, 2, 3],
    ]);
    expect(x.at(tensor([0, 2], 'int32'), tensor([1, -1], 'int32')).arraySync()).toEqual([1, 11]);
    expect(at(x, null, tensor([[0], [3]], 'int32')).shape).toEqual([3, 2, 1]);
  });
});

describe('products', () => {
  const a = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test('einsum', () => {
    expect(einsum('ij->ji', a).arraySync()).toEqual(a.transpose().arraySync());
    expect(einsum('ij,kj->ik', a, a).arraySync()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    expect(einsum('ij->', a).arraySync()).toBe(21);
    expect(einsum('ii', eye(3)).arraySync()).toBe(3);
    expect(einsum('i,j->ij', tensor([1, 2]), tensor([3, 4])).arraySync()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    const q = arange(24).reshape([2, 3, 4]).cast('float32');
    expect(einsum('...ij,...kj->...ik', q, q).arraySync()).toEqual(q.matmul(q.transpose([0, 2, 1])).arraySync());
    expect(einsum('bij,bjk,k->bi', q, q.transpose([0, 2, 1]), ones([3])).shape).toEqual([2, 3]);
    expect(einsum('ij,ij->j', a, a).arraySync()).toEqual([17, 29, 45]);
    expect(einsum('bij,jk->bik', zeros([0, 2, 3]), ones([3, 4])).shape).toEqual([0, 2, 4]);
    expect(einsum('bi,bi->bi', zeros([0, 2]), ones([1, 2])).shape).toEqual([0, 2]);
  });

  test('vectors in matmul and dot', () => {
    expect(a.matmul(tensor([1, 1, 1])).arraySync()).toEqual([6, 15]);
    expect(tensor([1, 1]).matmul(a).arraySync()).toEqual([5, 7, 9]);
    expect(dot(tensor([1, 2]), tensor([3, 4])).arraySync()).toBe(11);
  });
});
