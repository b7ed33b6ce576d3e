/**
 * Checks of classes that work on strings or records: known results, and equal layers from their configuration.
 */
import {
  CenterCrop,
  HashedCrossing,
  Hashing,
  MaxNumBoundingBoxes,
  Pipeline,
  Rescaling,
  StringLookup,
  TextVectorization,
  type Config,
} from '@dl/layers';
import { deserializeLayer } from '@dl/layers/registry';
import { ones, tensor, type Tensor } from '@dl/tensor';
import { deepEqual } from 'node:assert/strict';

const numbers = async (t: Tensor): Promise<number[]> => [...(await t.data())].map(Number);

/** Compares the result of a layer, and of one that its configuration makes. */
async function expectBoth<L extends { getConfig(): Config }>(
  name: string,
  layer: L,
  run: (layer: L) => Tensor,
  wanted: readonly number[],
): Promise<void> {
  deepEqual(await numbers(run(layer)), wanted);
  const copy = deserializeLayer(name, JSON.parse(JSON.stringify(layer.getConfig())) as Config) as unknown as L;
  deepEqual(copy.getConfig(), layer.getConfig());
  deepEqual(await numbers(run(copy)), wanted);
}

/** By class name. Hashes are those that Keras gives. */
export const HOST_CHECKS: Readonly<Record<string, () => Promise<void>>> = {
  Hashing: () =>
    expectBoth('Hashing', new Hashing(3), (l) => l.apply([['A'], ['B'], ['C'], ['D'], ['E']]), [1, 0, 1, 1, 2]),
  HashedCrossing: () =>
    expectBoth(
      'HashedCrossing',
      new HashedCrossing(5),
      (l) =>
        l.apply([
          ['A', 'B', 'A', 'B', 'A'],
          [101, 101, 101, 102, 102],
        ]),
      [1, 4, 1, 1, 3],
    ),
  StringLookup: () =>
    expectBoth(
      'StringLookup',
      new StringLookup(null, { vocabulary: ['b', 'a'] }),
      (l) => l.apply(['a', 'q', 'b']),
      [2, 0, 1],
    ),
  TextVectorization: () =>
    expectBoth(
      'TextVectorization',
      new TextVectorization(null, { vocabulary: ['earth', 'wind', 'and', 'fire'] }),
      (l) => l.apply(['Earth, wind & fire!', 'WIND']),
      [2, 3, 5, 3, 0, 0],
    ),
  MaxNumBoundingBoxes: () =>
    expectBoth(
      'MaxNumBoundingBoxes',
      new MaxNumBoundingBoxes(2),
      (l) => l.apply({ boxes: ones([1, 3, 4]), labels: tensor([[1, 2, 3]]) })['labels']!,
      [1, 2],
    ),
  Pipeline: () =>
    expectBoth(
      'Pipeline',
      new Pipeline([new Rescaling(2), new CenterCrop(1, 2)]),
      (l) => l.apply(ones([3, 3, 1])),
      [2, 2],
    ),
};
