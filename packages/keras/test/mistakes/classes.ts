/**
 * Mistakes in classes of one's own, and in stored models.
 */
import {
  ConfigError,
  jit,
  layers,
  loadWeights,
  Model,
  models,
  ones,
  saveWeights,
  Sequential,
  ShapeError,
  type Tensor,
} from '@dl/keras';
import {
  Branches,
  type Mistake,
  NewSequential,
  POSITIVE,
  dense,
  input,
  loose,
  make,
  net,
  own,
  unbuilt,
} from './helpers.ts';

/** Mistakes in classes of one's own, and in stored models. */
export const classes: readonly Mistake[] = [
  [
    'a layer without a call',
    () => own('bare', undefined).apply(ones([1, 2])),
    ConfigError,
    'bare (Own): the class has no call(inputs); write one',
  ],
  [
    'a model without a call',
    () => new (class Plain extends Model {})({ name: 'plain' }).apply(ones([1, 2])),
    ConfigError,
    'plain (Plain): override call(), or make the model from inputs and outputs',
  ],
  [
    'a call without a return',
    () => own('mine', () => undefined).apply(ones([1, 2])),
    ConfigError,
    'mine (Own): call() must give a tensor',
    'got undefined; is there a return?',
  ],
  [
    'a call that gives a number',
    () => own('mine', () => 3).apply(input('in', 2)),
    ConfigError,
    'mine (Own): call() must give a tensor',
    'got 3',
    'from in',
  ],
  [
    'an async call',
    () => own('mine', async (t) => t).apply(ones([1, 2])),
    ConfigError,
    'mine (Own)',
    'got a Promise; it must not be async',
  ],
  [
    'a value read in a compiled call',
    () => {
      const peek = own('peek', (t) => t.mul(t.dataSync()[0]!));
      return jit((t: Tensor) => peek.apply(t))(ones([1, 2]));
    },
    ConfigError,
    'peek (Own): cannot read a value inside jit() or another traced function; return it instead',
  ],
  [
    'a value read in a functional model',
    () => own('peek', (t) => t.mul(t.dataSync()[0]!)).apply(input('in', 2)),
    ConfigError,
    'peek (Own): cannot read a value',
    'from in',
  ],
  [
    'a layer made inside call',
    () => own('maker', (t) => dense(1, 'inside').apply(t)).apply(ones([1, 2])),
    ConfigError,
    'maker (Own): call() makes the layer inside (Dense) anew each time',
    'make it in the constructor and keep it in a property',
  ],
  [
    'a weight made inside call',
    () =>
      own('mine', function (this: { addWeight(o: object): Tensor }, t: Tensor) {
        return t.mul(this.addWeight({ name: 'w', shape: [2] }));
      } as never).apply(ones([1, 2])),
    ConfigError,
    "mine (Own): addWeight('w') inside call() would make the weight anew each time; use build()",
  ],
  [
    'cloneModel of a subclass',
    () => loose.cloneModel(new Branches({ name: 'own' })),
    ConfigError,
    'cloneModel: own (Branches) is a class of its own; make another with its constructor and use setWeights',
  ],
  [
    'cloneModel of something else',
    () => loose.cloneModel('net'),
    ConfigError,
    "cloneModel: expected a model, got 'net'",
  ],
  [
    'a function that cannot be stored',
    () =>
      models.serialize(
        new NewSequential([new make['Lambda']!((t: Tensor) => t, { name: 'f', inputShape: [2] })]) as never,
      ),
    ConfigError,
    'f (Lambda): its function cannot be stored; name it first: registerLambda(',
  ],
  [
    'a configuration that is text',
    () => loose.fromConfig('{}'),
    ConfigError,
    "models.fromConfig: expected what models.serialize() or getConfig() gave, got '{}'; parse JSON first",
  ],
  [
    'a configuration of an unknown class',
    () => loose.fromConfig({ class_name: 'Sequential', config: { layers: [{ class_name: 'Dens', config: {} }] } }),
    ConfigError,
    "unknown layer 'Dens'; did you mean 'Dense'?",
    'registerKerasSerializable(Dens)',
  ],
  [
    'a configuration without required arguments',
    () =>
      loose.fromConfig({
        class_name: 'Sequential',
        config: { layers: [{ class_name: 'Dense', config: { name: 'top' } }] },
      }),
    ConfigError,
    `top (Dense): units ${POSITIVE}undefined`,
  ],
  [
    'a broken configuration',
    () => loose.fromConfig({ class_name: 'Functional', config: { layers: [{}] } }),
    ConfigError,
    'models.fromConfig: layer 0 has no class_name, config and inbound_nodes',
  ],
  [
    'weights of a layer that the file has not',
    async () =>
      loadWeights(
        new Sequential([new layers.Dense(3, { inputShape: [2], name: 'other' })], { name: 'net' }) as never,
        await saveWeights(net() as never),
      ),
    ConfigError,
    "net (Sequential) from bytes (safetensors file): 2 of the model's weights cannot be loaded: net/other/kernel: the file has no weight 'net/other/kernel'; it has 2: net/out/bias, net/out/kernel",
  ],
  [
    'weights of other shapes',
    async () =>
      loadWeights(
        new Sequential([new layers.Dense(4, { inputShape: [2], name: 'out' })], { name: 'net' }) as never,
        await saveWeights(net() as never),
      ),
    ShapeError,
    "net (Sequential) from bytes (safetensors file): 2 of the model's weights cannot be loaded: net/out/kernel: expected shape [2, 4], the file has [2, 3]",
  ],
  [
    'weights for a model that is not built',
    async () => loadWeights(unbuilt() as never, await saveWeights(net() as never)),
    ConfigError,
    'open (Sequential): build the model before loading weights into it',
  ],
];
