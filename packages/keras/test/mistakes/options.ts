/**
 * Mistakes with the options of layers and optimizers.
 */
import { ConfigError, Input, optimizers } from '@dl/keras';
import { type Mistake, POSITIVE, dense, make } from './helpers.ts';

/** Mistakes with the options of layers and optimizers. */
export const options: readonly Mistake[] = [
  ...(
    [
      [0, '0'],
      [-1, '-1'],
      [2.5, '2.5'],
      ['64', "'64'"],
      [NaN, 'NaN'],
      [undefined, 'undefined'],
    ] as const
  ).map(([units, shown]): Mistake => [
    `${shown} units`,
    () => new make['Dense']!(units, { name: 'top' }),
    ConfigError,
    `top (Dense): units ${POSITIVE}${shown}`,
  ]),
  [
    'units among the options',
    () => new make['Dense']!({ units: 3 }),
    ConfigError,
    /\(Dense\): units must be.*got an object; it stands before the object of options/,
  ],
  [
    'an activation in place of options',
    () => new make['Dense']!(3, 'relu'),
    ConfigError,
    "Dense: expected an object of options, got 'relu'",
  ],
  [
    'an activation',
    () => dense(1, 'top', { activation: 'relo' }),
    ConfigError,
    "top (Dense): unknown activation 'relo'; did you mean 'relu'",
  ],
  [
    'an activation that is a number',
    () => dense(1, 'top', { activation: 3 }),
    ConfigError,
    'top (Dense): expected the name of an activation or a function, got 3',
  ],
  [
    'an initializer',
    () => dense(1, 'top', { kernelInitializer: 'glorot_unifrm' }),
    ConfigError,
    'top (Dense)',
    "unknown initializer 'glorot_unifrm'; did you mean 'glorot_uniform'",
  ],
  [
    'a regularizer',
    () => dense(1, 'top', { kernelRegularizer: 'l3' }),
    ConfigError,
    'top (Dense)',
    "unknown regularizer 'l3'; did you mean 'l1' or 'l2'",
  ],
  [
    'an activity regularizer',
    () => dense(1, 'top', { activityRegularizer: 'l3' }),
    ConfigError,
    'top (Dense)',
    "did you mean 'l1' or 'l2'",
  ],
  [
    'a constraint',
    () => dense(1, 'top', { biasConstraint: 'max_nrm' }),
    ConfigError,
    'top (Dense)',
    "unknown constraint 'max_nrm'; did you mean 'max_norm'",
  ],
  [
    'an option in snake case',
    () => dense(1, 'top', { use_bias: false }),
    ConfigError,
    "Dense: unknown option 'use_bias'; did you mean 'useBias'",
  ],
  [
    'a dtype policy',
    () => dense(1, 'top', { dtype: 'mixed_float8' }),
    ConfigError,
    "Dense: dtype: expected a dtype or 'mixed_float16', got 'mixed_float8'",
  ],
  [
    'a name with a slash',
    () => dense(1, 'a/b'),
    ConfigError,
    "Dense: name must be a string without '/', and not empty, got 'a/b'",
  ],
  ['a name that is a number', () => dense(1, 3 as never), ConfigError, 'Dense: name must be a string', 'got 3'],
  [
    'an input shape that is a number',
    () => dense(1, 'top', { inputShape: 2 }),
    ConfigError,
    'top (Dense): inputShape must be a list of sizes ≥ 0, null for open ones, got 2',
  ],
  [
    'an input shape with -1',
    () => dense(1, 'top', { inputShape: [-1] }),
    ConfigError,
    'top (Dense): inputShape must be',
    'got [-1]',
  ],
  [
    'an input without a shape',
    () => Input({}),
    ConfigError,
    'expected { shape: [32] } or { batchShape: [null, 32] }',
    'got undefined',
  ],
  [
    'padding',
    () => new make['Conv2D']!(1, 3, { padding: 'sames', name: 'conv' }),
    ConfigError,
    "conv (Conv2D): padding must be 'valid' or 'same', got 'sames'",
  ],
  [
    'dataFormat',
    () => new make['Conv2D']!(1, 3, { dataFormat: 'NHWC', name: 'conv' }),
    ConfigError,
    "conv (Conv2D): dataFormat must be 'channels_last' or 'channels_first', got 'NHWC'",
  ],
  [
    'strides',
    () => new make['Conv2D']!(1, 3, { strides: 0, name: 'conv' }),
    ConfigError,
    'conv (Conv2D): strides must be a positive integer or 2 of them, got [0, 0]',
  ],
  [
    'a kernel of three sizes',
    () => new make['Conv2D']!(1, [3, 3, 3], { name: 'conv' }),
    ConfigError,
    'conv (Conv2D): kernelSize must be a positive integer or 2 of them, got [3, 3, 3]',
  ],
  [
    'strides with dilation',
    () => new make['Conv2D']!(1, 3, { strides: 2, dilationRate: 2, name: 'conv' }),
    ConfigError,
    'conv (Conv2D): strides > 1 cannot be combined with dilationRate > 1',
  ],
  [
    'filters that groups do not divide',
    () => new make['Conv2D']!(3, 3, { groups: 2, name: 'conv' }),
    ConfigError,
    'conv (Conv2D): 3 filters cannot be split into 2 groups',
  ],
  [
    'a rate above 1',
    () => new make['Dropout']!(1.5, { name: 'drop' }),
    ConfigError,
    'drop (Dropout): rate must be in [0, 1], got 1.5',
  ],
  [
    'mergeMode',
    () => new make['Bidirectional']!(new make['LSTM']!(2), { mergeMode: 'add', name: 'both' }),
    ConfigError,
    "both (Bidirectional): mergeMode must be 'concat' or 'sum' or 'mul' or 'ave', got 'add'",
  ],
  [
    'Bidirectional of a dense layer',
    () => new make['Bidirectional']!(dense(2, 'd'), { name: 'both' }),
    ConfigError,
    'both (Bidirectional): expected a recurrent layer, got a Dense',
  ],
  [
    'TimeDistributed of a name',
    () => new make['TimeDistributed']!('dense', { name: 'steps' }),
    ConfigError,
    "steps (TimeDistributed): expected a layer, got 'dense'",
  ],
  [
    'no heads',
    () => new make['MultiHeadAttention']!(0, 2, { name: 'att' }),
    ConfigError,
    `att (MultiHeadAttention): numHeads ${POSITIVE}0`,
  ],
  [
    'an option of an optimizer',
    () => new optimizers.Adam(0.1, { beta_1: 0.9 } as never),
    ConfigError,
    "Adam: unknown option 'beta_1'; did you mean 'beta1'",
  ],
  [
    'a learning rate below 0',
    () => new optimizers.Adam(-1),
    ConfigError,
    'Adam: the learning rate must be a finite number ≥ 0, got -1',
  ],
];
