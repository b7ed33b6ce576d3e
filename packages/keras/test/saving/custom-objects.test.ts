/**
 * Classes and functions of one's own in files.
 */
import {
  constraints,
  initializers,
  Input,
  layers,
  losses,
  metrics,
  Model,
  models,
  optimizers,
  ops,
  regularizers,
  saving,
  Sequential,
  split,
  setBackend,
  sub,
  tensor,
  type Tensor,
  type TensorLike,
} from '@dl/keras';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

type Config = ReturnType<layers.Layer['getConfig']>;

class Scale extends layers.Layer {
  static override readonly className: string = 'Scale';
  static override readonly positional: readonly string[] = ['start'];
  readonly start: number;
  #factor!: layers.Weight;
  constructor(start = 1, options: layers.LayerOptions = {}) {
    super(options);
    this.start = start;
  }
  override build(): void {
    this.#factor = this.addWeight({ name: 'factor', shape: [], initializer: new initializers.Constant(this.start) });
  }
  override call(x: Tensor): Tensor {
    return x.mul(this.#factor);
  }
  override getConfig(): Config {
    return { ...super.getConfig(), start: this.start };
  }
}

class Halves extends initializers.Initializer {
  static readonly className = 'Halves';
  override apply(shape: readonly number[]): Tensor {
    return ops.full(shape, 0.5);
  }
}
class Cubic extends losses.Loss {
  static readonly className = 'Cubic';
  constructor(options: losses.LossOptions = {}) {
    super('cubic', options);
  }
  override call(y: Tensor, p: Tensor): Tensor {
    return y.sub(p).abs().pow(3).mean(-1);
  }
}
class Bias extends metrics.Metric {
  static readonly className = 'Bias';
  readonly #total = this.addVariable('total');
  override updateState(y: TensorLike, p: TensorLike): void {
    this.#total.assignAdd(sub(p, y).sum());
  }
  override result(): Tensor {
    return this.#total.value;
  }
}
const bend = (x: Tensor): Tensor => x.square().add(x);

const own = { Scale, Halves, Cubic, Bias, bend };
const x = tensor([[1, 2, -1]]);
const y = tensor([[0.5, 1]]);

function build(): Model {
  const model = new Sequential([
    new Scale(3, { name: 'scale', inputShape: [3] }),
    new layers.Dense(2, { name: 'dense', activation: bend, kernelInitializer: new Halves() }),
  ]);
  model.compile({ optimizer: 'sgd', loss: new Cubic(), metrics: [new Bias()] });
  return model;
}

async function same(copy: Model, model: Model): Promise<void> {
  expect(copy.apply(x).arraySync()).toEqual(model.apply(x).arraySync());
  expect(await copy.evaluate(x, y, { verbose: 0 })).toEqual(await model.evaluate(x, y, { verbose: 0 }));
}

describe('C60: classes and functions of one’s own', () => {
  test('with neither, the error has the class, the layer, the format and both remedies', async () => {
    const bytes = await build().save();
    await expect(models.loadModel(bytes)).rejects.toThrow(
      /\.keras archive.*layer 'scale'.*'Scale'.*registerKerasSerializable\(Scale\).*customObjects: \{ Scale \}/,
    );
  });

  test('with a map for the call, every kind is found', async () => {
    const model = build();
    await same(await models.loadModel(await model.save(), { customObjects: own }), model);
  });

  test('with a scope', async () => {
    const model = build();
    const bytes = await model.save();
    await same(await saving.customObjectScope(own, () => models.loadModel(bytes)), model);
    await expect(models.loadModel(bytes)).rejects.toThrow("'Scale'");
  });

  test('with a name that a built-in has, the map of the call wins', async () => {
    const model = new Sequential([new layers.Dense(2, { inputShape: [3] })]);
    class Doubled extends layers.Dense {
      static override readonly className: string = 'Dense';
      override call(inputs: Tensor): Tensor {
        return super.call(inputs).mul(2);
      }
    }
    const copy = await models.loadModel(await model.save(), { customObjects: { Dense: Doubled } });
    expect(copy.apply(x).arraySync()).toEqual(model.apply(x).mul(2).arraySync());
  });

  test('registered under a package, names say so', async () => {
    saving.registerKerasSerializable(Scale, { package: 'mine' });
    saving.registerKerasSerializable(Halves);
    saving.registerKerasSerializable(Cubic);
    saving.registerKerasSerializable(Bias);
    saving.registerKerasSerializable(bend, { package: 'mine', name: 'bend' });
    const model = build();
    const text = await model.toJson();
    expect(text).toContain('"module":null,"class_name":"Scale"');
    expect(text).toContain('"registered_name":"mine>Scale"');
    expect(text).toContain('"registered_name":"Custom>Halves"');
    expect(text).toContain('"config":"mine>bend"');
    await same(await models.loadModel(await model.save()), model);
    expect(saving.getRegisteredObject('mine>Scale')).toBe(Scale);
    expect(() => saving.registerKerasSerializable(class Scale {} as never, { package: 'mine' })).toThrow('mine>Scale');
  });

  test('regularizers, constraints, optimizers and schedules', async () => {
    class Tiny extends regularizers.Regularizer {
      static readonly className = 'Tiny';
      override apply(w: TensorLike): Tensor {
        return ops.sum(ops.square(w)).mul(1e-3);
      }
      override getConfig(): Config {
        return {};
      }
      static override fromConfig(): Tiny {
        return new Tiny();
      }
    }
    class Slow extends optimizers.SGD {
      static override readonly className: string = 'Slow';
    }
    const customObjects = { Tiny, Slow };
    const model = new Sequential([
      new layers.Dense(2, {
        inputShape: [3],
        kernelRegularizer: new Tiny(),
        kernelConstraint: new constraints.NonNeg(),
      }),
    ]);
    model.compile({ optimizer: new Slow(0.25), loss: 'mse' });
    const copy = await models.loadModel(await model.save(), { customObjects });
    expect(copy.optimizer).toBeInstanceOf(Slow);
    expect(copy.losses[0]!.itemSync()).toBe(model.losses[0]!.itemSync());
  });

  test('a model that is a class of its own', async () => {
    class Residual extends Model {
      static override readonly className: string = 'Residual';
      readonly inner: layers.Dense;
      readonly blocks: readonly layers.Dense[];
      readonly units: number;
      constructor(units: number, options: object = {}) {
        super(options);
        this.units = units;
        this.inner = new layers.Dense(units, { activation: 'relu' });
        this.blocks = [new layers.Dense(units), new layers.Dense(3)];
      }
      override call(inputs: Tensor): Tensor {
        return this.blocks.reduce((h, block) => block.apply(h), this.inner.apply(inputs)).add(inputs);
      }
      override getConfig(): Config {
        return { name: this.name, units: this.units };
      }
      static override fromConfig(config: Config): never {
        return new Residual(config['units'] as number, { name: config['name'] }) as never;
      }
    }
    const model = new Residual(4);
    model.apply(x);
    const { weights } = await saving.inspect(await model.save());
    expect(weights.map(({ name }) => name)).toEqual([
      'blocks/dense/vars/0',
      'blocks/dense/vars/1',
      'blocks/dense_1/vars/0',
      'blocks/dense_1/vars/1',
      'inner/vars/0',
      'inner/vars/1',
    ]);
    const copy = await models.loadModel(await model.save(), { customObjects: { Residual } });
    expect(copy.apply(x).arraySync()).toEqual(model.apply(x).arraySync());
  });
});

test('Python code in a file is refused', async () => {
  const model = new Sequential([new layers.Activation('relu', { inputShape: [3] })]);
  const text = (await model.toJson()).replace('"relu"', '{"class_name":"__lambda__","config":{"value":["4wE="]}}');
  await expect(models.modelFromJson(text)).rejects.toThrow(/a lambda.*never run/);
});

test('ops go by the classes of Keras, and back', async () => {
  const a = Input({ shape: [4, 3], name: 'a' });
  const calls: Record<string, (t: Tensor) => Tensor> = {
    Subtract: (t) => ops.subtract(2, t),
    Concatenate: (t) => ops.concatenate([t, t], -1),
    Mean: (t) => ops.mean(t, [1], true),
    Reshape: (t) => ops.reshape(t, [-1, 12]),
    GetItem: (t) => ops.getItem(t, [null, 1]),
    Softmax: (t) => ops.softmax(t, 1),
    Sigmoid: (t) => ops.sigmoid(t),
    Cast: (t) => t.cast('int32').cast('float32'),
    Where: (t) => ops.where(t.greater(0), t, 0),
    Clip: (t) => ops.clip(t, -0.5, 0.5),
    OneHot: (t) => ops.oneHot(ops.argMax(t, -1), 3),
    Var: (t) => ops.var(t, -1),
    Transpose: (t) => ops.transpose(t, [0, 2, 1]),
    Split: (t) => ops.concatenate([split(t, [1, 2], 2)[1]!, ops.split(t, [1], 2)[0]!, split(t, 3, 2)[2]!], 2),
    Einsum: (t) => ops.einsum('bij,bkj->bik', t, t),
    cummax: (t) => ops.cummax(t, 1),
  };
  const data = tensor(
    Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)),
    undefined,
    [2, 4, 3],
  );
  for (const [name, call] of Object.entries(calls)) {
    const model = new Model(a, call(a));
    const text = await model.toJson();
    const own = name === 'cummax' ? '"module":"dl.ops","class_name":"cummax"' : `"class_name":"${name}"`;
    expect(text).toContain(own);
    const copy = await models.modelFromJson(text);
    expect(copy.apply(data).arraySync(), name).toEqual(model.apply(data).arraySync());
  }
});
