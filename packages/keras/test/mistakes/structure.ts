/**
 * Mistakes in putting models together.
 */
import { ConfigError, ones, ShapeError } from '@dl/keras';
import { type Mistake, NewModel, NewSequential, dense, input, make, net, unbuilt } from './helpers.ts';

/** Mistakes in putting models together. */
export const structure: readonly Mistake[] = [
  [
    'a graph that is disconnected',
    () => new NewModel(input('a', 2), new make['Add']!({ name: 'sum' }).apply([input('b', 2), input('lost', 2)])),
    ConfigError,
    'the graph is disconnected: sum (Add) needs the input',
    "not among the model's inputs (a)",
  ],
  [
    'outputs that are forgotten',
    () => new NewModel(input('a', 2)),
    ConfigError,
    'Model: the outputs are missing; use new Model(inputs, outputs)',
  ],
  [
    'inputs that are forgotten',
    () => new NewModel({ outputs: input('a', 2) }),
    ConfigError,
    'Model: the inputs are missing',
  ],
  [
    'an option of a model',
    () => new NewModel(input('a', 2), input('a', 2), { nam: 'm' }),
    ConfigError,
    "Model: unknown option 'nam'; did you mean 'name'",
  ],
  [
    'values as the input',
    () => new NewModel(ones([1, 2]), input('a', 2), { name: 'm' }),
    ConfigError,
    'm: input: expected a symbolic tensor, made by Input()',
    'got a Tensor',
  ],
  [
    'a layer as the output',
    () => new NewModel(input('a', 2), dense(1, 'top'), { name: 'm' }),
    ConfigError,
    'm: output: expected a symbolic tensor',
    'a layer or op applied to one; got a Dense',
  ],
  ['no outputs', () => new NewModel(input('a', 2), [], { name: 'm' }), ConfigError, 'm: a model needs an output'],
  [
    'one name for two layers',
    () => {
      const a = input('a', 2);
      return new NewModel(a, dense(2, 'twin').apply(dense(2, 'twin').apply(a)), { name: 'm' });
    },
    ConfigError,
    "m: the name 'twin' is used by two layers",
    'names must differ',
  ],
  [
    'one name twice in a Sequential',
    () => new NewSequential([dense(2, 'twin'), dense(2, 'twin')], { name: 'net' }),
    ConfigError,
    "net: there is a layer named 'twin' already; names must differ, and a layer can be added once",
  ],
  [
    'two inputs of a Sequential',
    () => new NewSequential([input('a', 2), input('b', 2)], { name: 'net' }),
    ConfigError,
    'net: an InputLayer must be the first layer',
  ],
  [
    'a name in place of a layer',
    () => new NewSequential(['dense'], { name: 'net' }),
    ConfigError,
    "net: add() expects a layer, got 'dense'",
  ],
  [
    'the output of a layer in place of it',
    () => new NewSequential([input('a', 2), dense(1, 'top').apply(input('b', 2))], { name: 'net' }),
    ConfigError,
    'net: add() expects a layer, got the output of top (Dense); add the layer itself',
  ],
  [
    'a layer that does not fit a built Sequential',
    () => net().add(new make['Conv2D']!(1, 2, { name: 'conv' })),
    ShapeError,
    'conv (Conv2D): expected rank 4',
    'its input comes from out',
  ],
  [
    'a built layer of another size',
    () => {
      const top = dense(1, 'top');
      top.apply(ones([1, 7]));
      net().add(top);
    },
    ShapeError,
    'top (Dense): expected last axis 7, got 3 — its input comes from out',
  ],
  [
    'an empty model',
    () => new NewSequential([], { name: 'net' }).apply(ones([1, 2])),
    ConfigError,
    'net: the model has no layers; add() some',
  ],
  ['a layer that is not there', () => net().getLayer('outt'), ConfigError, "net: no layer 'outt'; there are out"],
  [
    'countParams before building',
    () => unbuilt().countParams(),
    ConfigError,
    'open (Sequential): countParams needs a built layer; call it on data, or give it an inputShape',
  ],
  [
    'the output before building',
    () => unbuilt().output,
    ConfigError,
    'open (Sequential): output needs one call on symbolic tensors, there are 0',
    'build the model',
  ],
  [
    'setWeights before building',
    () => unbuilt().setWeights([ones([2, 2])]),
    ConfigError,
    'open (Sequential): setWeights expected a list of 0 values, got 1; a layer has its weights once it is built',
  ],
  [
    'setWeights with too few',
    () => net().setWeights([ones([2, 3])]),
    ConfigError,
    'net (Sequential): setWeights expected a list of 2 values, got 1',
  ],
  [
    'setWeights with something else',
    () => net().setWeights(3 as never),
    ConfigError,
    'net (Sequential): setWeights expected a list of 2 values, got 3',
  ],
  [
    'setWeights with other shapes',
    () => net().setWeights([ones([3, 2]), ones([3])]),
    ShapeError,
    "net (Sequential): weight 'net/out/kernel' has shape [2, 3], got [3, 2]",
  ],
];
