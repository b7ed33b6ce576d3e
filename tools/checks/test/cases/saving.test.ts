/**
 * Cases of saving and loading, on every backend: what is loaded computes and trains as what was saved.
 */
import {
  Input,
  layers,
  losses,
  metrics,
  Model,
  models,
  Sequential,
  setBackend,
  sub,
  tensor,
  type Tensor,
  type TensorLike,
} from '@dl/keras';
import { readZip } from '@dl/formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_BACKENDS, numbers } from './support.ts';

const wave = (...shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(0.7 * i)),
    undefined,
    shape,
  );

/** Saves and loads. */
async function again<M extends { save(): Promise<Uint8Array | undefined> }>(
  model: M,
  options: object = {},
): Promise<M> {
  return (await models.loadModel((await model.save())!, options)) as unknown as M;
}

async function sameOutput(copy: Model, model: Model, x: Tensor | Tensor[]): Promise<void> {
  const [got, wanted] = [copy, model].map((one) => one.apply(x as Tensor) as unknown as Tensor | Tensor[]);
  const lists = [got, wanted].map((out) => Promise.all([out].flat().map((t) => numbers(t!))));
  expect(await lists[0]).toEqual(await lists[1]);
}

class Scale extends layers.Layer {
  static override readonly className: string = 'Scale';
  #factor: layers.Weight | null = null;
  protected override build(): void {
    this.#factor = this.addWeight({ name: 'factor', shape: [], initializer: 'ones' });
  }
  override call(inputs: Tensor): Tensor {
    return inputs.mul(this.#factor!);
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

describe.each(ALL_BACKENDS)('%s', (_, make) => {
  beforeAll(async () => setBackend(await make()));

  test('C56 stacked cells', async () => {
    const cells = new layers.StackedRNNCells([new layers.LSTMCell(4), new layers.LSTMCell(8)]);
    const model = new Sequential([new layers.RNN(cells, { inputShape: [5, 3] })]) as unknown as Model;
    await sameOutput(await again(model), model, wave(2, 5, 3));
  });

  test('C56 a shared model with a convolution and batch normalization, inside a model', async () => {
    const inner = new Sequential([
      new layers.Conv2D(3, 3, { padding: 'same', inputShape: [4, 4, 3] }),
      new layers.BatchNormalization(),
    ]);
    const [a, b] = [Input({ shape: [4, 4, 3] }), Input({ shape: [4, 4, 3] })];
    const middle = new Model(a, inner.apply(inner.apply(a)));
    const flat = new layers.Flatten();
    const model = new Model([a, b], [flat.apply(middle.apply(a)), flat.apply(middle.apply(b))]);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const data = [wave(4, 4, 4, 3), wave(4, 4, 4, 3).neg()];
    const targets = [wave(4, 48), wave(4, 48)];
    await model.fit(data as never, targets as never, { epochs: 2, verbose: 0 });
    const copy = await again(model);
    await sameOutput(copy as never, model as never, data);
    // Kernel, bias, gamma, beta and both statistics, once each.
    expect(copy.weights).toHaveLength(6);
    const before = await numbers(copy.weights[0]!.value);
    await copy.fit(data as never, targets as never, { verbose: 0, shuffle: false });
    await model.fit(data as never, targets as never, { verbose: 0, shuffle: false });
    expect(await numbers(copy.weights[0]!.value)).not.toEqual(before);
    await sameOutput(copy as never, model as never, data);
  });

  test('C56 two models with layers of the same names, and a layer on two inputs', async () => {
    const build = (): Model => {
      const [a, b] = [Input({ shape: [2] }), Input({ shape: [2] })];
      const one = new layers.Dense(2, { name: 'same' });
      return new Model([a, b], new layers.Add().apply([one.apply(a), one.apply(b)])) as unknown as Model;
    };
    const [first, second] = [build(), build()];
    const data = [wave(3, 2), wave(3, 2).neg()];
    await sameOutput(await again(second), second, data);
    await sameOutput(await again(first), first, data);
  });

  test('C58 configurations of Keras 3 load: batch_shape, policies, modules, unknown keys', async () => {
    const model = new Sequential([new layers.Dense(2, { activation: 'relu', inputShape: [3] })]) as unknown as Model;
    const text = new TextDecoder().decode(readZip((await model.save())!).get('config.json')!());
    expect(text).toContain('"batch_shape": [null, 3]'.replaceAll(' ', text.includes('": ') ? ' ' : ''));
    expect(text).toContain('DTypePolicy');
    const odd = text.replace('"units"', '"registered_future": 1, "units"');
    const copy = (await models.modelFromJson(odd)) as unknown as Model;
    copy.setWeights(model.getWeights());
    await sameOutput(copy, model, wave(2, 3));
    await expect(models.modelFromJson(text.replaceAll('"Dense"', '"Mystery"'))).rejects.toThrow(/dense.*'Mystery'/);
  });

  test('C60 a layer, a loss and a metric of one’s own: with a map, and with neither', async () => {
    const model = new Sequential([new Scale({ inputShape: [3] } as never), new layers.Dense(2)]) as unknown as Model;
    model.compile({ optimizer: 'sgd', loss: new Cubic(), metrics: [new Bias()] });
    const [x, y] = [wave(4, 3), wave(4, 2)];
    const copy = await again(model, { customObjects: { Scale, Cubic, Bias } });
    await sameOutput(copy, model, x);
    const options = { verbose: 0 } as const;
    expect(await copy.evaluate(x, y, options)).toEqual(await model.evaluate(x, y, options));
    await expect(again(model)).rejects.toThrow(/'Scale'.*registerKerasSerializable\(Scale\).*customObjects/);
  });
});
