/**
 * Mistakes with shapes in functional models.
 */
import { ConfigError, ones, ShapeError } from '@dl/keras';
import { type Mistake, dense, input, make } from './helpers.ts';

/** Mistakes with shapes in functional models. */
export const shapes: readonly Mistake[] = [
  [
    'images after a dense layer',
    () => new make['Conv2D']!(3, 3, { name: 'conv' }).apply(dense(4, 'flat').apply(input('in', 8))),
    ShapeError,
    'conv (Conv2D): expected rank 4 (batch included), got shape [null, 4] of rank 2',
    'its input comes from flat',
  ],
  [
    'stacked recurrent layers without sequences',
    () =>
      new make['LSTM']!(2, { name: 'second' }).apply(new make['LSTM']!(2, { name: 'first' }).apply(input('in', 4, 3))),
    ShapeError,
    'second (LSTM): expected rank 3',
    'returnSequences: true',
    'comes from first',
  ],
  [
    'other channels than a layer was built for',
    () => {
      const conv = new make['Conv2D']!(2, 3, { name: 'conv' });
      conv.apply(ones([1, 5, 5, 3]));
      return conv.apply(new make['Conv2D']!(4, 1, { name: 'before' }).apply(input('in', 8, 8, 3)));
    },
    ShapeError,
    'conv (Conv2D): expected last axis 3, got 4 — its input comes from before',
  ],
  [
    'Add of two sizes',
    () =>
      new make['Add']!({ name: 'sum' }).apply([
        dense(2, 'u').apply(input('in', 4)),
        dense(3, 'v').apply(input('to', 4)),
      ]),
    ShapeError,
    'sum (Add): shapes [2] and [3] do not broadcast',
    'reshape or transpose one of them',
    'inputs of sum: [null, 2] from u, [null, 3] from v',
  ],
  [
    'Concatenate of sizes that differ elsewhere',
    () => new make['Concatenate']!({ name: 'join', axis: 1 }).apply([input('u', 3, 2), input('v', 3, 3)]),
    ShapeError,
    'join (Concatenate): concat: shapes [2, 3, 2], [2, 3, 3] must agree except along axis 1',
    '[null, 3, 2] from u, [null, 3, 3] from v',
  ],
  [
    'Dot along axes of two sizes',
    () => new make['Dot']!(1, { name: 'product' }).apply([input('u', 2), input('v', 3)]),
    ShapeError,
    /product \(Dot\): axis 1 of \[2, 2\] and axis 1 of \[2, 3\] have different sizes.*from u.*from v/,
  ],
  [
    'Add of one input',
    () => new make['Add']!({ name: 'sum' }).apply(input('u', 2)),
    ConfigError,
    'sum (Add): expected a list of inputs, got one',
  ],
  [
    'a kernel larger than the image',
    () => new make['Conv2D']!(2, 5, { name: 'conv' }).apply(input('image', 3, 3, 1)),
    ShapeError,
    'conv (Conv2D): nothing is left of the input, the output would be [null, 0, 0, 2]',
    'use larger inputs, smaller windows or padding',
    '[null, 3, 3, 1] from image',
  ],
  [
    'a window larger than the image',
    () => new make['MaxPooling2D']!(4, { name: 'pool' }).apply(input('image', 3, 3, 1)),
    ShapeError,
    /pool \(MaxPooling2D\): nothing is left.*smaller windows.*from image/,
  ],
  [
    'Reshape to sizes that do not fit',
    () => new make['Reshape']!([3, 5], { name: 'fold' }).apply(input('flat', 16)),
    ShapeError,
    'fold (Reshape): cannot reshape [16] (16 elements per sample) to [3, 5]',
    '[null, 16] from flat',
  ],
  [
    'Reshape with two open sizes',
    () => new make['Reshape']!([-1, -1]),
    ConfigError,
    'Reshape: expected sizes of which at most one is -1',
  ],
  [
    'Flatten of open sizes before Dense',
    () => dense(3, 'top').apply(new make['Flatten']!({ name: 'flat' }).apply(input('text', null, 4))),
    ConfigError,
    'top (Dense): the size of the last axis must be known to make the weights; give the input a fixed size',
    '[null, null] from flat',
  ],
  [
    'a recurrent layer on features of open size',
    () => new make['GRU']!(3, { name: 'memory' }).apply(input('text', 5, null)),
    ConfigError,
    /the size of the last axis must be known.*fixed size there.*inputs of memory: \[null, 5, null\] from text/,
  ],
  [
    'a stateful layer without a batch size',
    () => new make['LSTM']!(3, { name: 'memory', stateful: true }).apply(input('text', 4, 2)),
    ConfigError,
    'memory (LSTM): a stateful layer must know its batch size',
    'give it batchInputShape',
  ],
  [
    'initial states of another size',
    () => new make['LSTM']!(3, { name: 'memory' }).apply(ones([2, 4, 2]), { initialState: [ones([2, 3])] }),
    ShapeError,
    'memory (LSTM): initialState must have the shapes [2, 3], [2, 3], got [2, 3]',
  ],
  [
    'groups that do not divide the channels',
    () => new make['Conv2D']!(4, 3, { groups: 2, name: 'conv' }).apply(input('image', 8, 8, 3)),
    ConfigError,
    'conv (Conv2D): 3 channels cannot be split into 2 groups',
    'from image',
  ],
  [
    'attention to values and keys of different length',
    () =>
      new make['MultiHeadAttention']!(2, 2, { name: 'att' }).apply([
        input('q', 3, 4),
        input('v', 5, 4),
        input('k', 6, 4),
      ]),
    ConfigError,
    'att (MultiHeadAttention): value [null, 5, 4] and key [null, 6, 4] must agree except in the last axis',
    '[null, 5, 4] from v',
  ],
  [
    'an attention mask of another size',
    () =>
      new make['MultiHeadAttention']!(2, 2, { name: 'att' }).apply([ones([1, 3, 4]), ones([1, 5, 4])], {
        attentionMask: ones([1, 2, 2]),
      }),
    ShapeError,
    /att \(MultiHeadAttention\): .*mask: shapes \[1, 1, 2, 2\] and \[1, 2, 3, 5\] do not broadcast/,
  ],
  [
    'attention without values',
    () => new make['MultiHeadAttention']!(2, 2, { name: 'att' }).apply(input('q', 3, 4)),
    ConfigError,
    'att (MultiHeadAttention): expected the inputs [query, value] or [query, value, key], got one',
  ],
  [
    'an axis that the input does not have',
    () => new make['LayerNormalization']!({ axis: 4, name: 'norm' }).apply(input('in', 3)),
    ShapeError,
    'norm (LayerNormalization): axis 4 is out of range for rank 2 (use -2 to 1)',
    'from in',
  ],
];
