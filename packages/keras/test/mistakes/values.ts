/**
 * Mistakes with what a layer is applied to.
 */
import { ConfigError, DTypeError, ones, ShapeError, tensor } from '@dl/keras';
import { type Mistake, dense, input, make, net } from './helpers.ts';

/** Mistakes with what a layer is applied to. */
export const values: readonly Mistake[] = [
  [
    'ids out of range',
    () => new make['Embedding']!(5, 2, { name: 'ids' }).apply(tensor([[1, 7]], 'int32')).dataSync(),
    ShapeError,
    'ids (Embedding)',
    'index 7 at position 1 is out of range [0, 5)',
  ],
  [
    'ids with fractions',
    () => new make['Embedding']!(5, 2, { name: 'ids' }).apply([[0.5, 2]]).dataSync(),
    DTypeError,
    'ids (Embedding): ids must be whole numbers, got 0.5 at position 0',
  ],
  [
    'ids that are booleans',
    () => new make['Embedding']!(5, 2, { name: 'ids' }).apply(tensor([[true]])),
    DTypeError,
    "ids (Embedding): expected numbers, got bool; use cast(x, 'float32')",
  ],
  [
    'a string',
    () => dense(1, 'top').apply('hello'),
    DTypeError,
    "top (Dense): tensor: expected numbers or booleans, got 'hello'",
  ],
  [
    'a layer in place of its output',
    () => dense(1, 'top').apply(dense(2, 'before')),
    DTypeError,
    'top (Dense): tensor: expected numbers or booleans, got a',
  ],
  [
    'rows of different length',
    () => dense(1, 'top').apply([[1, 2], [3]]),
    ShapeError,
    'top (Dense): tensor: ragged array: [1] has 1 elements, expected 2',
  ],
  [
    'two inputs for a layer of one',
    () => dense(1, 'top').apply([input('u', 2), input('v', 2)]),
    ConfigError,
    'top (Dense): expected one input, got a list of 2; join them first, with Concatenate',
  ],
  [
    'two tensors for a layer of one',
    () => dense(1, 'top').apply([ones([1, 2]), ones([1, 2])]),
    ConfigError,
    'top (Dense): expected one input, got a list of 2',
  ],
  [
    'a record for a layer of one',
    () => dense(1, 'top').apply({ u: ones([1, 2]) }),
    ConfigError,
    'top (Dense): expected one input, got a record of u',
  ],
  [
    'a list for a nested model of one input',
    () => net().apply([input('u', 2), input('v', 2)]),
    ConfigError,
    'net (Sequential): expected one input, got a list of 2',
  ],
  [
    'another size for a nested model',
    () => net().apply(input('wide', 5)),
    ShapeError,
    /net \(Sequential\).*expected last axis 2, got 5.*inputs of net: \[null, 5\] from wide/,
  ],
  [
    'the value of a symbolic tensor',
    () => dense(1, 'top').apply(input('in', 2)).dataSync(),
    ConfigError,
    'KerasTensor(float32[null, 1] from top)',
    'has no values; use ops and layers on it, and give data to the model',
  ],
];
