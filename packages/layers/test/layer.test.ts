/**
 * The Layer base class, names, weights, initializers and registries.
 */
import type { Weight } from '@dl/layers';
import {
  autoName,
  clearSession,
  collectLosses,
  Dense,
  Dropout,
  Layer,
  toSnakeCase,
  type CallContext,
  type LayerShape,
} from '@dl/layers';
import * as constraints from '@dl/layers/constraints';
import * as initializers from '@dl/layers/initializers';
import { deserializeLayer } from '@dl/layers/registry';
import * as regularizers from '@dl/layers/regularizers';
import { ConfigError, ones, setBackend, ShapeError, tensor, zeros, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { beforeEach, describe, expect, test } from 'vitest';

setBackend(reference());
beforeEach(() => clearSession());
const numbers = (t: Tensor): number[] => [...t.dataSync()];

/** A layer with layers inside and state of its own. */
class Block extends Layer {
  readonly first = new Dense(3, { activation: 'relu' });
  readonly rest = [new Dense(2), new Dropout(0.5)];
  #count!: Weight;
  seen: boolean | null = null;

  protected override build(_shape: LayerShape): void {
    this.#count = this.addWeight({ name: 'count', shape: [], initializer: 'zeros', trainable: false });
  }

  override call(x: Tensor, { training }: CallContext): Tensor {
    this.seen = training;
    this.addLoss(x.sum());
    this.#count.assignAdd(1);
    return this.rest.reduce<Tensor>((a, layer) => layer.apply(a), this.first.apply(x));
  }
}

describe('names', () => {
  test('snake case as Keras writes it', () => {
    const names = [
      'Dense',
      'Conv2DTranspose',
      'MaxPooling2D',
      'PReLU',
      'LeakyReLU',
      'AUC',
      'GlobalAveragePooling1D',
      'MeanIoU',
    ];
    expect(names.map(toSnakeCase)).toEqual([
      ...[
        'dense',
        'conv2d_transpose',
        'max_pooling2d',
        'p_re_lu',
        'leaky_re_lu',
        'auc',
        'global_average_pooling1d',
        'mean_io_u',
      ],
    ]);
  });
  test('count up until clearSession', () => {
    expect([new Dense(1), new Dense(1), new Dense(1, { name: 'own' }), new Dense(1)].map((l) => l.name)).toEqual([
      ...['dense', 'dense_1', 'own', 'dense_2'],
    ]);
    expect(autoName('dense')).toBe('dense_3');
    clearSession();
    expect(new Dense(1).name).toBe('dense');
  });
});

describe('Layer', () => {
  test('finds layers in properties and arrays; weights come layer by layer', () => {
    const block = new Block();
    block.apply(zeros([1, 4]));
    expect(block.weights.map((w) => w.path)).toEqual([
      ...['block/count', 'dense/kernel', 'dense/bias', 'dense_1/kernel', 'dense_1/bias'],
    ]);
    expect(block.trainableWeights).toHaveLength(4);
    expect(block.nonTrainableWeights.map((w) => w.name)).toEqual(['count']);
    expect(block.variables).toHaveLength(6);
    expect(block.countParams()).toBe(1 + 15 + 8);
  });

  test('layers inside inherit the training flag', () => {
    const block = new Block();
    const y = numbers(block.apply(ones([1, 4]), { training: true }));
    expect(block.seen).toBe(true);
    block.apply(ones([1, 4]));
    expect(block.seen).toBe(false);
    expect(y).toHaveLength(2);
    const inner = new Block();
    class Outer extends Layer {
      readonly block = inner;
      override call(x: Tensor): Tensor {
        return this.block.apply(x);
      }
    }
    new Outer().apply(ones([1, 4]), { training: true });
    expect(inner.seen).toBe(true);
  });

  test('losses that calls add are collected, those of regularizers are listed', () => {
    const dense = new Dense(1, { kernelInitializer: 'ones', kernelRegularizer: 'l2', biasRegularizer: 'l1' });
    const { value, losses } = collectLosses(() => new Block().apply(ones([1, 4])));
    expect(value.shape).toEqual([1, 2]);
    expect(losses.map((l) => l.itemSync())).toEqual([4]);
    dense.apply(ones([1, 2]));
    expect(dense.losses.map((l) => l.itemSync())).toEqual([Math.fround(0.02), 0]);
    dense.trainable = false;
    expect(dense.losses).toEqual([]);
  });

  test('trainable holds for layers inside and keeps the weights', () => {
    const block = new Block();
    block.apply(zeros([1, 4]));
    block.trainable = false;
    expect(block.trainableWeights).toEqual([]);
    expect(block.nonTrainableWeights).toHaveLength(5);
    expect(block.first.trainable).toBe(false);
    block.first.trainable = true;
    expect(block.trainableWeights).toEqual([]);
    block.trainable = true;
    expect(block.trainableWeights).toHaveLength(4);
  });

  test('the shape of an output is found by tracing where nothing says it', () => {
    class Pairs extends Layer {
      override call(x: Tensor): Tensor {
        return x.reshape([x.shape[0]!, -1, 2]).sum(1, true);
      }
    }
    expect(new Pairs().computeOutputShape([null, 8])).toEqual([null, 1, 2]);
    class Rows extends Layer {
      override call(x: Tensor): Tensor {
        return x.sum(1);
      }
    }
    expect(new Rows().computeOutputShape([null, null, 3])).toEqual([null, 3]);
    // Weights are neither initialized nor changed by that.
    const block = new Block();
    expect(block.computeOutputShape([null, 4])).toEqual([null, 2]);
    expect(block.weights.map((w) => w.version)).toEqual([0, 0, 0, 0, 0]);
    expect(block.weights[0]!.value.itemSync()).toBe(0);
  });

  test('weights in and out', () => {
    const dense = new Dense(2, { name: 'd' });
    expect(() => dense.countParams()).toThrow('d (Dense): countParams needs a built layer');
    expect(() => dense.setWeights([ones([1, 2]), zeros([2])])).toThrow(
      'expected a list of 0 values, got 2; a layer has its weights once it is built',
    );
    dense.ensureBuilt([null, 1]);
    dense.setWeights([[[3, 4]], new Float32Array([5, 6])]);
    expect(dense.getWeights().map(numbers)).toEqual([
      [3, 4],
      [5, 6],
    ]);
    expect(() => dense.setWeights([[[3, 4]], [5]])).toThrow(ShapeError);
    expect(() => dense.setWeights([[[3, 4]], [5]])).toThrow("weight 'd/bias' has shape [2], got [1]");
    expect(dense.getWeights().map(numbers)).toEqual([
      [3, 4],
      [5, 6],
    ]);
    dense.dispose();
    expect(() => dense.getWeights()).toThrow('after dispose()');
  });

  test('errors of ops inside a call name the layer, once', () => {
    class Broken extends Layer {
      override call(x: Tensor): Tensor {
        return x.matmul(ones([7, 7]));
      }
    }
    class Around extends Layer {
      readonly broken = new Broken();
      override call(x: Tensor): Tensor {
        return this.broken.apply(x);
      }
    }
    expect(() => new Around().apply(ones([2, 3]))).toThrow(/^broken \(Broken\): matmul: inner dimensions differ/);
  });

  test('inputs of the wrong kind', () => {
    const dense = new Dense(2, { name: 'd' });
    expect(() => dense.apply([1, 2])).toThrow(
      'd (Dense): expected rank 2 or more (batch included), got shape [2] of rank 1',
    );
    dense.apply([[1, 2]]);
    expect(() => dense.apply([[1, 2, 3]])).toThrow('d (Dense): expected last axis 2, got 3');
    expect(() => dense.apply(tensor([[true, false]]))).toThrow('expected numbers, got bool');
    expect(() => dense.apply([['a']] as never)).toThrow("d (Dense): tensor: expected numbers or booleans, got 'a'");
    expect(() => new Dense(2).ensureBuilt([null, null])).toThrow('the size of the last axis must be known');
    expect(() => new Dense(0)).toThrow('(Dense): units must be a positive integer, got 0');
    expect(() => new Dense(2, 'relu' as never)).toThrow("expected an object of options, got 'relu'");
  });

  test('integer inputs are promoted, floats take the dtype of the layer', () => {
    const dense = new Dense(1, { kernelInitializer: 'ones', dtype: 'float64' });
    expect(dense.apply(tensor([[1, 2]], 'float32')).dtype).toBe('float64');
    expect(numbers(new Dense(1, { kernelInitializer: 'ones' }).apply(tensor([[1, 2]], 'uint8')))).toEqual([3]);
  });

  test("classes of one's own are loaded by a map, which wins over built-in ones", () => {
    class Twice extends Layer {
      static override readonly className: string = 'Twice';
      override call(x: Tensor): Tensor {
        return x.mul(2);
      }
    }
    const layer = deserializeLayer('Twice', { name: 't' }, { Twice }) as unknown as Layer;
    expect(numbers(layer.apply([[3]]))).toEqual([6]);
    expect(layer.name).toBe('t');
    expect(() => deserializeLayer('Twice', {})).toThrow("unknown layer 'Twice'");
    expect(deserializeLayer('Dense', { name: 'x' }, { Dense: Twice })).toBeInstanceOf(Twice);
  });

  test('stored configurations may hold keys of other versions', () => {
    const config = {
      units: 2,
      lora_rank: null,
      quantization_config: null,
      dtype: 'float32',
      activation: 'relu',
      trainable: true,
    };
    expect(deserializeLayer('Dense', config)).toBeInstanceOf(Dense);
  });
});

describe('initializers', () => {
  test('constant ones', () => {
    expect(numbers(initializers.get('zeros').apply([2]))).toEqual([0, 0]);
    expect(numbers(initializers.get('Ones').apply([2], 'float64'))).toEqual([1, 1]);
    expect(numbers(new initializers.Constant(3).apply([2]))).toEqual([3, 3]);
    expect(numbers(new initializers.Identity(2).apply([2, 3]))).toEqual([2, 0, 0, 0, 2, 0]);
    expect(() => new initializers.Identity().apply([2])).toThrow('expected the shape of a matrix');
  });

  const moments = (values: ArrayLike<number>): { mean: number; deviation: number; largest: number } => {
    const list = Array.from(values);
    const mean = list.reduce((a, b) => a + b, 0) / list.length;
    const variance = list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length;
    return { mean, deviation: Math.sqrt(variance), largest: Math.max(...list.map(Math.abs)) };
  };
  const shape = [40, 60];
  test.each([
    ['glorot_uniform', Math.sqrt(1 / 50), Math.sqrt(3 / 50)],
    ['glorot_normal', Math.sqrt(1 / 50), (2 * Math.sqrt(1 / 50)) / 0.8796],
    ['he_uniform', Math.sqrt(2 / 40), Math.sqrt(6 / 40)],
    ['he_normal', Math.sqrt(2 / 40), (2 * Math.sqrt(2 / 40)) / 0.8796],
    ['lecun_uniform', Math.sqrt(1 / 40), Math.sqrt(3 / 40)],
    ['lecun_normal', Math.sqrt(1 / 40), (2 * Math.sqrt(1 / 40)) / 0.8796],
    ['random_normal', 0.05, 1],
    ['truncated_normal', 0.05 * 0.8796, 0.1],
    ['random_uniform', 0.05 / Math.sqrt(3), 0.05],
    ['variance_scaling', Math.sqrt(1 / 40), (2 * Math.sqrt(1 / 40)) / 0.8796],
  ])('%s has the deviation and the range it should', (name, deviation, limit) => {
    const found = moments(initializers.get(name).apply(shape).dataSync());
    expect(Math.abs(found.mean)).toBeLessThan(0.1 * deviation);
    expect(found.deviation / deviation).toBeGreaterThan(0.94);
    expect(found.deviation / deviation).toBeLessThan(1.06);
    expect(found.largest).toBeLessThanOrEqual(limit * 1.0001);
  });

  test.each([
    [3, 5],
    [5, 3],
    [4, 4],
  ])('orthogonal %i × %i', (rows, columns) => {
    const w = new initializers.Orthogonal({ gain: 2, seed: 1 }).apply([rows, columns], 'float64');
    const product = rows <= columns ? w.matmul(w.transpose()) : w.transpose().matmul(w);
    const n = Math.min(rows, columns);
    numbers(product).forEach((value, i) => expect(value).toBeCloseTo(i % (n + 1) === 0 ? 4 : 0, 10));
    expect(new initializers.Orthogonal().apply([2, 3, 4]).shape).toEqual([2, 3, 4]);
    expect(() => new initializers.Orthogonal().apply([3])).toThrow('expected rank ≥ 2');
  });

  test('one object gives the same values each time, two objects differ', () => {
    const one = new initializers.GlorotUniform();
    expect(numbers(one.apply([4]))).toEqual(numbers(one.apply([4])));
    expect(numbers(one.apply([4]))).not.toEqual(numbers(new initializers.GlorotUniform().apply([4])));
    const seeded = (): number[] => numbers(new initializers.HeNormal({ seed: 5 }).apply([4]));
    expect(seeded()).toEqual(seeded());
  });

  test('configurations make the round trip, names in any spelling', () => {
    const all = [
      new initializers.VarianceScaling({ scale: 2, mode: 'fan_out', distribution: 'uniform', seed: 3 }),
      new initializers.RandomUniform({ minval: -1, maxval: 2 }),
      new initializers.TruncatedNormal({ stddev: 0.1 }),
      new initializers.RandomNormal({ mean: 1 }),
      new initializers.Orthogonal({ gain: 2 }),
      new initializers.Constant(4),
      new initializers.Identity(3),
      new initializers.GlorotNormal({ seed: 2 }),
    ];
    for (const initializer of all) {
      const stored = JSON.parse(JSON.stringify(initializers.serialize(initializer))) as ReturnType<
        typeof initializers.serialize
      >;
      expect(stored).toMatchObject({ module: 'keras.initializers', registered_name: null });
      const copy = initializers.get(stored);
      expect(copy.constructor).toBe(initializer.constructor);
      expect(copy.getConfig()).toEqual(initializer.getConfig());
    }
    expect(initializers.get('glorotUniform')).toBeInstanceOf(initializers.GlorotUniform);
    expect(() => initializers.get('glorot')).toThrow(ConfigError);
    expect(() => new initializers.VarianceScaling({ mode: 'fan' as never })).toThrow('mode must be');
    expect(() => new initializers.VarianceScaling({ distribution: 'flat' as never })).toThrow('distribution must be');
    expect(() => new initializers.VarianceScaling({ scale: 0 })).toThrow('scale must be positive');
  });
});

describe('regularizers and constraints', () => {
  test('configurations make the round trip', () => {
    const penalties = [
      new regularizers.L1(0.1),
      new regularizers.L2(0.2),
      new regularizers.L1L2({ l1: 0.1, l2: 0.2 }),
      new regularizers.OrthogonalRegularizer(0.1, { mode: 'columns' }),
    ];
    for (const one of penalties) {
      const copy = regularizers.get(JSON.parse(JSON.stringify(regularizers.serialize(one))) as never)!;
      expect(copy.constructor).toBe(one.constructor);
      expect(copy.getConfig()).toEqual(one.getConfig());
    }
    const limits = [
      new constraints.MaxNorm(3, { axis: [0, 1] }),
      new constraints.MinMaxNorm({ minValue: 0.1, rate: 0.5 }),
      new constraints.UnitNorm({ axis: 1 }),
      new constraints.NonNeg(),
    ];
    for (const one of limits) {
      const copy = constraints.get(JSON.parse(JSON.stringify(constraints.serialize(one))) as never)!;
      expect(copy.constructor).toBe(one.constructor);
      expect(copy.getConfig()).toEqual(one.getConfig());
    }
    expect([regularizers.get(null), constraints.get(undefined)]).toEqual([null, null]);
  });

  test('wrong names and factors', () => {
    expect(() => regularizers.get('l3')).toThrow("unknown regularizer 'l3'; did you mean 'l1' or 'l2'");
    expect(() => constraints.get('maxnrom')).toThrow("did you mean 'max_norm'");
    expect(() => new regularizers.L2(NaN)).toThrow('l2 must be a finite number');
    expect(() => regularizers.get(3 as never)).toThrow('expected a name or an object of class Regularizer, got 3');
    expect(() => new regularizers.OrthogonalRegularizer().apply([1, 2])).toThrow('expected a matrix');
    expect(regularizers.get('l1_l2')!.apply([1, 2]).itemSync()).toBe(0);
  });
});
