/**
 * What ops say to arguments that do not fit, and how ops behave whose shapes depend on values.
 */
import { jit, setBackend, tensor, type Tensor } from '@dl/tensor';
import * as ops from '@dl/tensor/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKENDS } from '../cases/support.ts';

const int = (list: number[]): Tensor => tensor(list, 'int32');
const ERRORS: readonly (readonly [name: string, run: () => unknown, error: RegExp])[] = [
  ['average weights', () => ops.average([[1, 2]], 0, { weights: [1, 2, 3] }), /ShapeError.*average: weights \[3\]/],
  ['gcd of floats', () => ops.gcd([1.5], [2]), /DTypeError.*gcd: expected integers, got float32/],
  ['nextafter of float64', () => ops.nextafter(tensor([1], 'float64'), 2), /DTypeError.*nextafter: expected float32/],
  ['quantile fraction', () => ops.quantile([1, 2], 1.5), /ConfigError.*q must be in \[0, 1\], got 1.5/],
  ['quantile method', () => ops.quantile([1, 2], 0.5, null, { method: 'best' as never }), /'linear', .* got 'best'/],
  ['quantile of nothing', () => ops.median(ops.zeros([0])), /ConfigError.*no elements/],
  ['bincount below 0', () => ops.bincount(int([1, -1])), /ConfigError.*negative/],
  ['bincount weights', () => ops.bincount(int([1, 1]), { weights: [1] }), /ShapeError.*bincount: weights \[1\]/],
  ['histogram range', () => ops.histogram([1], { range: [2, 1] }), /ConfigError.*range must rise/],
  ['searchSorted of a matrix', () => ops.searchSorted([[1]], 1), /ShapeError.*sorted vector/],
  ['searchSorted side', () => ops.searchSorted([1], 1, 'middle' as never), /'left', 'right', got 'middle'/],
  ['nonzero of a scalar', () => ops.nonzero(1), /ShapeError.*got a scalar/],
  ['argpartition', () => ops.argpartition([1, 2], 2), /ConfigError.*kth .* \[-2, 2\), got 2/],
  ['diag of a cube', () => ops.diag(ops.zeros([1, 1, 1])), /ShapeError.*diag: expected a vector or matrix/],
  ['diagonal of one axis', () => ops.diagonal(ops.zeros([2, 2]), 0, 1, -1), /ShapeError.*two axes/],
  ['tensordot', () => ops.tensordot(ops.zeros([2, 3]), ops.zeros([2, 3]), 1), /ShapeError.*do not fit/],
  ['vdot', () => ops.vdot([1, 2], [1]), /ShapeError.*as many elements/],
  ['cross', () => ops.cross([1, 2, 3, 4], [1, 2, 3]), /ShapeError.*2 or 3 elements, got 4 and 3/],
  ['split at falling places', () => ops.split([1, 2, 3], [2, 1]), /ConfigError.*must rise/],
  ['vsplit of a vector', () => ops.vsplit([1, 2], 2), /ShapeError.*rank ≥ 2/],
  ['take', () => ops.take([1, 2], int([2])), /ShapeError.*take: index 2 .* \[-2, 2\)/],
  ['take by floats', () => ops.take([1, 2], tensor([0.5])), /DTypeError.*expected integers/],
  ['rot90', () => ops.rot90([[1]], 1, [0, -2]), /ShapeError.*two axes/],
  ['select', () => ops.select([true], []), /ConfigError.*1 conditions and 0 choices/],
  ['where with one choice', () => (ops.where as (...a: unknown[]) => unknown)([1], 2), /ConfigError.*both choices/],
  ['repeat', () => ops.repeat([1, 2, 3], [1, 2], 0), /ShapeError.*2 counts/],
  ['roll', () => ops.roll([[1]], [1], [0, 1]), /ConfigError.*one shift per axis/],
  ['moveAxis', () => ops.moveAxis([[1]], [0, 1], 0), /ShapeError.*must be as many/],
  ['pad mode', () => ops.pad([1], 1, 'mirror' as never), /ConfigError.*'reflect'.* got 'mirror'/],
  ['pad of nothing', () => ops.pad(ops.zeros([0]), 1, 'edge'), /ShapeError.*empty/],
  ['view', () => ops.view(tensor([1, 2, 3], 'uint8'), 'int32'), /ShapeError.*no whole number of int32/],
  ['kaiser', () => ops.kaiser(3, NaN), /ConfigError.*beta/],
  ['hanning', () => ops.hanning(-1), /ConfigError.*length/],
  ['logspace', () => ops.logspace(0, 1, 3, { base: -1 }), /ConfigError.*base/],
  ['linspace', () => ops.linspace(0, 1, 1.5), /ConfigError.*count/],
  ['vectorize', () => ops.vectorize(() => [1, 2])([1]), /ConfigError.*must give scalars/],
  ['adaptive pool', () => ops.adaptiveMaxPool(ops.zeros([1, 2]), 1), /ShapeError.*adaptiveMaxPool: expected an input/],
  [
    'data format',
    () => ops.maxPool(ops.zeros([1, 2, 2, 1]), 1, { dataFormat: 'nchw' as never }),
    /'channels_first'.*'nchw'/,
  ],
  ['unfold', () => ops.unfold(ops.zeros([1, 1, 2, 2]), 3), /ShapeError.*kernel \[3, 3\] does not fit/],
  ['fold', () => ops.fold(ops.zeros([1, 3, 4]), 3, 2), /ShapeError.*channels × 4, 4/],
  ['depthToSpace', () => ops.depthToSpace(ops.zeros([1, 1, 1, 3]), 2), /ConfigError.*3 channels are no multiple of 4/],
  ['spaceToDepth', () => ops.spaceToDepth(ops.zeros([1, 3, 2, 1]), 2), /ConfigError.*does not divide/],
  ['binaryCrossentropy', () => ops.binaryCrossentropy([1, 0], [[0.5, 0.5]]), /ShapeError.*one shape/],
  ['class id', () => ops.sparseCategoricalCrossentropy([3], [[0.5, 0.5]]), /ShapeError.*class id.*index 3/],
  ['ids', () => ops.sparseCategoricalCrossentropy([1, 0], [[0.5, 0.5]]), /ShapeError.*targets must have shape \[1\]/],
  ['layerNormalization', () => ops.layerNormalization([[1, 2]], { gamma: [1] }), /ShapeError.*gamma: expected a shape/],
  ['normalize', () => ops.normalize([1], 0, 0), /ConfigError.*order/],
  ['sparsemax', () => ops.sparsemax(1), /ShapeError.*scalar/],
  ['rearrange brackets', () => ops.rearrange([1], 'a -> (a'), /ConfigError.*'\(' without '\)'/],
  ['rearrange names', () => ops.rearrange([[1]], 'a b -> a'), /ConfigError.*'b' on one side only/],
  ['rearrange sizes', () => ops.rearrange([1, 2, 3], '(a b) -> a b', { a: 2 }), /ShapeError.*does not divide/],
  ['rearrange open', () => ops.rearrange([1, 2], '(a b) -> a b'), /ConfigError.*'a' and 'b' open/],
  ['rearrange rank', () => ops.rearrange([1, 2], 'a b -> b a'), /ShapeError.*does not fit/],
  ['slice sizes', () => ops.slice([[1]], int([0, 0])), /ConfigError.*list of sizes/],
  ['slice block', () => ops.slice([[1]], int([0, 0]), [2, 1]), /ShapeError.*does not fit/],
  ['sliceUpdate', () => ops.sliceUpdate([[1]], [0], [[1]]), /ShapeError.*expected 2 starts/],
  ['scatterUpdate', () => ops.scatterUpdate([1], [[0]], [1], 'xor' as never), /'mul', got 'xor'/],
  ['unstack', () => ops.unstack([[1, 2]], 3, 1), /ShapeError.*2 slices, not 3/],
  ['segments', () => ops.segmentMax([1, 2], int([0])), /ShapeError.*one id per row/],
  ['segment ids', () => ops.segmentMin([1, 2], int([0, 5]), 2), /ShapeError.*index 5/],
  [
    'segments in jit',
    () => jit((i: Tensor) => ops.segmentSum([1, 2], i))(int([0, 1])),
    /ConfigError.*number of segments/,
  ],
  ['cdist', () => ops.cdist([[1, 2]], [[1]]), /ShapeError.*cdist: expected/],
  ['viewAsComplex', () => ops.viewAsComplex([1, 2, 3]), /ShapeError.*last axis of 2/],
];

describe.each(BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test.each([...ERRORS])('%s', (_name, run, wanted) => {
    let text = 'nothing was thrown';
    try {
      run();
    } catch (error) {
      text = String(error);
    }
    expect(text).toMatch(wanted);
  });

  test('inside jit, shapes that depend on values need a static size', () => {
    const x = int([0, 3, 3]);
    const runs: ((t: Tensor) => unknown)[] = [
      (t) => ops.nonzero(t),
      (t) => ops.unique(t).values,
      (t) => ops.bincount(t),
      (t) => ops.view(t, 'uint8'),
    ];
    for (const run of runs) expect(() => jit(run as (t: Tensor) => Tensor)(x)).toThrow(/jit/);
    const sized = jit((t: Tensor) => [
      ...ops.nonzero(t, { size: 4, fillValue: -1 }),
      ops.unique(t, { size: 3, fillValue: 7 }).values,
      ops.bincount(t, { length: 5 }),
    ]);
    expect(sized(x).map((t) => t.arraySync())).toEqual([
      [1, 2, -1, -1],
      [0, 3, 7],
      [1, 0, 0, 2, 0],
    ]);
  });

  test('argpartition parts, vectorize calls per element, getItem indexes', () => {
    const x = tensor([5, 1, 4, 2, 3]);
    const order = [...ops.argpartition(x, 2).dataSync()].map((i) => x.dataSync()[i]!);
    expect(order[2]).toBe(3);
    expect(Math.max(...order.slice(0, 2))).toBeLessThan(3);
    const clamp = ops.vectorize((a, b) => (a.itemSync() > b.itemSync() ? b : a));
    expect(clamp([[1], [5]], [2, 3]).arraySync()).toEqual([
      [1, 1],
      [2, 3],
    ]);
    expect(
      ops
        .getItem(
          [
            [1, 2],
            [3, 4],
          ],
          [null, 1],
        )
        .arraySync(),
    ).toEqual([2, 4]);
    expect(ops.getItem([1, 2], -1).itemSync()).toBe(2);
  });

  test('integer ops stay exact where floats would round', () => {
    expect(ops.gcd(int([2147483646]), int([2147483644])).itemSync()).toBe(2);
    expect(ops.lcm(int([46341 * 2]), int([46341])).itemSync()).toBe(92682);
    const many = tensor(
      Float64Array.from({ length: 9 }, (_, i) => i / 8),
      'float64',
    );
    for (let i = 0; i < 9; i++) expect(ops.quantile(many, i / 8).itemSync()).toBe(i / 8);
  });
});
