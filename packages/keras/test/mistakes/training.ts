/**
 * Mistakes in compiling, training and predicting.
 */
import { fromArrays } from '@dl/data';
import { ConfigError, DTypeError, ones, ShapeError } from '@dl/keras';
import { type Mistake, NewSequential, POSITIVE, dense, input, net, pair, pairOf, quiet, x, y } from './helpers.ts';

const fit = (data: object = {}, given: object = {}, model = net()): Promise<unknown> => {
  const { x: inputs, y: targets } = { x, y, ...data } as { x: unknown; y: unknown };
  return model.fit(inputs, targets, { ...quiet, ...given });
};
const fitPair = (data: object = {}, given: object = {}, compiled: object = {}): Promise<unknown> =>
  fit({ x: [x, y], y: pairOf, ...data }, given, pair(compiled));

/** Mistakes in compiling, training and predicting. */
export const training: readonly Mistake[] = [
  ['a loss', () => net({ loss: 'mze' }), ConfigError, "unknown loss 'mze'; did you mean 'mae' or 'mse'"],
  [
    'a loss that is a number',
    () => net({ loss: 3 }),
    ConfigError,
    'compile: loss must be a loss, its name or a function, or those by output, got 3',
  ],
  [
    'a loss that gives a number',
    () => fit({}, {}, net({ loss: () => 3 })),
    ConfigError,
    'loss of out: loss: the function of a loss must give a tensor, got 3; use ops only',
  ],
  ['a metric', () => net({ metrics: ['mea'] }), ConfigError, "unknown metric 'mea'; did you mean 'mae'"],
  [
    'metrics that are no list',
    () => net({ metrics: 'mae' }),
    ConfigError,
    "compile: metrics must be an array, or a record by output, got 'mae'",
  ],
  ['an optimizer', () => net({ optimizer: 'adamm' }), ConfigError, "unknown optimizer 'adamm'; did you mean 'adam'"],
  [
    'an option of compile',
    () => net({ los: 'mse' }),
    ConfigError,
    "compile: unknown option 'los'; did you mean 'loss'",
  ],
  ['an option of fit', () => fit({}, { epoch: 3 }), ConfigError, "fit: unknown option 'epoch'; did you mean 'epochs'"],
  [
    'an option of evaluate',
    () => net().evaluate(x, y, { batchsize: 2 }),
    ConfigError,
    "evaluate: unknown option 'batchsize'; did you mean 'batchSize'",
  ],
  [
    'an option of predict',
    () => net().predict(x, { batch: 2 }),
    ConfigError,
    "predict: unknown option 'batch'; did you mean 'batchSize'",
  ],
  ['epochs as text', () => fit({}, { epochs: '3' }), ConfigError, `fit: epochs ${POSITIVE}'3'`],
  ['validation never', () => fit({}, { validationFreq: 0 }), ConfigError, `fit: validationFreq ${POSITIVE}0`],
  [
    'a way to shuffle',
    () => fit({}, { shuffle: 'yes' }),
    ConfigError,
    "fit: shuffle must be true, false or 'batch', got 'yes'",
  ],
  [
    'a split of more than all',
    () => fit({}, { validationSplit: 20 }),
    ConfigError,
    'fit: validationSplit must lie between 0 and 1, got 20',
  ],
  [
    'a split of a dataset',
    () => net().fit(fromArrays(x, y).batch(2), { ...quiet, validationSplit: 0.5 }),
    ConfigError,
    'fit: validationSplit works for arrays only; give validationData for a dataset',
  ],
  [
    'fit before compile',
    () => new NewSequential([dense(1, 'top')], { name: 'raw' }).fit(x, y),
    ConfigError,
    'raw: call compile({ optimizer, loss }) before training or evaluating',
  ],
  ['no targets', () => fit({ y: undefined }), ConfigError, 'net: the loss needs targets; pass y, or batches [x, y]'],
  [
    'targets of another size',
    () => fit({ y: x }),
    ShapeError,
    'loss of out: meanSquaredError: targets [2, 2] and predictions [2, 3] must have one shape',
    'check the units of the last layer',
  ],
  [
    'one-hot targets for a sparse loss',
    () =>
      fit(
        {
          y: [
            [1, 0, 0],
            [0, 1, 0],
          ],
        },
        {},
        net({ loss: 'sparse_categorical_crossentropy' }),
      ),
    ShapeError,
    'loss of out',
    'for one-hot targets use categoricalCrossentropy',
  ],
  [
    'class ids that are too large',
    () => fit({ y: [1, 3] }, {}, net({ loss: 'sparse_categorical_crossentropy' })),
    ConfigError,
    'fit: y holds the class id 3 in row 1',
    'the last layer has 3 units, so ids go from 0 to 2',
  ],
  [
    'targets that are NaN',
    () =>
      fit({
        y: [
          [1, NaN, 2],
          [1, 2, 3],
        ],
      }),
    ConfigError,
    'fit: y holds NaN in row 0; leave such samples out',
  ],
  ['targets that are text', () => fit({ y: ['a', 'b'] }), DTypeError, "fit: y: expected numbers, got 'a' at [0]"],
  ['inputs of another size', () => fit({ x: y }), ShapeError, 'net (Sequential)', 'expected last axis 2, got 3'],
  [
    'an input that is missing',
    () => pair().apply([ones([1, 2])]),
    ConfigError,
    'pair: inputs: expected 2 (a, b), got 1',
  ],
  [
    'an input too many',
    () => pair().apply([ones([1, 2]), ones([1, 3]), ones([1, 1])]),
    ConfigError,
    'pair: inputs: expected 2 (a, b), got 3',
  ],
  [
    'an input under another name',
    () => fitPair({ x: { a: x, bb: y } }),
    ConfigError,
    "fit: x: 'b' is missing; expected 2 (a, b), got a, bb",
  ],
  [
    'inputs of different length',
    () => fitPair({ x: [x, [[1, 2, 3]]] }),
    ShapeError,
    'fit: x has 2 samples but x[1] has 1 (shape [1, 3]); the first axes must agree',
  ],
  [
    'targets of different length',
    () => fitPair({ y: [[[1], [2]], [[1, 2]]] }),
    ShapeError,
    'fit: x has 2 samples but y[q] has 1',
  ],
  ['targets of too few outputs', () => fitPair({ y: [[[1], [2]]] }), ConfigError, 'fit: y: expected 2 (p, q), got 1'],
  [
    'the loss of an output that is not there',
    () => fitPair({}, {}, { loss: { p: 'mse', z: 'mse' } }),
    ConfigError,
    "compile: loss names 'z', the model's outputs are p, q",
  ],
  [
    'metrics of an output that is not there',
    () => fitPair({}, {}, { metrics: { z: ['mae'] } }),
    ConfigError,
    "compile: metrics names 'z', the model's outputs are p, q",
  ],
  [
    'a weight of an output that is not there',
    () => fitPair({}, {}, { lossWeights: { z: 1 } }),
    ConfigError,
    "compile: lossWeights names 'z', the model's outputs are p, q",
  ],
  [
    'too few losses',
    () => fitPair({}, {}, { loss: ['mse'] }),
    ConfigError,
    'compile: loss has 1 entries, the model has 2 outputs (p, q)',
  ],
  [
    'sample weights of another length',
    () => fit({}, { sampleWeight: [1, 2, 3] }),
    ShapeError,
    'fit: x has 2 samples but sampleWeight has 3',
  ],
  [
    'sample weights of another shape',
    () => fit({}, { sampleWeight: x }),
    ShapeError,
    'loss of out',
    'sample weights [2, 2] do not fit values of shape [2]; give one per sample',
  ],
  [
    'sample weights that are a word',
    () => fit({}, { sampleWeight: 'balanced' }),
    DTypeError,
    "fit: sampleWeight: expected arrays, typed arrays or tensors, got 'balanced'",
  ],
  [
    'two kinds of weights',
    () => fit({}, { sampleWeight: [1, 1], classWeight: { 0: 1 } }),
    ConfigError,
    'fit: give classWeight or sampleWeight, not both',
  ],
  [
    'a symbolic tensor as data',
    () => fit({ x: input('in', 2) }),
    ConfigError,
    'from in',
    'has no values',
    'give data to the model',
  ],
  [
    'predictions of a symbolic tensor',
    () => net().predict(input('in', 2)),
    ConfigError,
    'from in',
    'give data to the model',
  ],
  [
    'a dataset of rows',
    () => net().fit(fromArrays(x, y), quiet),
    ShapeError,
    'net (Sequential)',
    'expected rank 2 (batch included), got shape [2] of rank 1',
  ],
];
