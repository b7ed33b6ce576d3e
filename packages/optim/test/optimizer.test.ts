/**
 * Optimizers: options, errors, and the number of programs of an update.
 */
import {
  Adam,
  AdamW,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  get,
  globalNorm,
  Nadam,
  Optimizer,
  RMSprop,
  schedules,
  serialize,
  SGD,
  type Slots,
  type UpdateContext,
  type Updated,
} from '@dl/optim';
import { ConfigError, getBackend, setBackend, ShapeError, sign, tensor, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { compiledPrograms } from '@dl/tensor/interpreter';
import { describe, expect, test, vi } from 'vitest';

setBackend(reference());

const cell = (value = 1, name = 'w'): Variable => new Variable([value], { name });
const value = (variable: Variable): number => variable.value.dataSync()[0]!;
const g = (...values: number[]): Tensor[] => values.map((v) => tensor([v]));

/** The weight after each gradient. */
function path(optimizer: Optimizer, start: number, gradients: readonly number[]): number[] {
  const w = cell(start);
  return gradients.map((gradient) => {
    optimizer.apply(g(gradient), [w]);
    return value(w);
  });
}

describe('clipping', () => {
  test('an option that is no positive number is an error', () => {
    expect(() => new SGD(1, { clipnorm: 0 })).toThrow('clipnorm must be a positive number, got 0');
  });
  test('the functions alone', () => {
    expect(clipByNorm(tensor([3, 4]), 1).dataSync()[0]).toBeCloseTo(0.6, 6);
    expect([...clipByValue(tensor([-3, 0.5]), 1).dataSync()]).toEqual([-1, 0.5]);
    expect(globalNorm(g(3, 4)).itemSync()).toBe(5);
    expect(clipByGlobalNorm(g(0.3, 0.4), 1).map((t) => t.itemSync())).toEqual([Math.fround(0.3), Math.fround(0.4)]);
    expect(clipByGlobalNorm([], 1)).toEqual([]);
  });
});

describe('learning rate', () => {
  test('is a Variable that can be set', () => {
    const optimizer = new SGD(0.5);
    expect(path(optimizer, 1, [1])).toEqual([0.5]);
    const w = cell();
    const other = new SGD(0.5);
    other.apply(g(1), [w]);
    other.learningRate = 0.25;
    other.apply(g(1), [w]);
    expect(value(w)).toBe(0.25);
    (other.learningRate as Variable).assign(1);
    expect(other.currentLearningRate().itemSync()).toBe(1);
    expect(other.getConfig()['learning_rate']).toBe(1);
    expect(() => (other.learningRate = NaN)).toThrow(ConfigError);
  });

  test('a schedule sees the step before it is counted, and cannot be set', () => {
    const steps: number[] = [];
    const schedule = new schedules.PiecewiseConstantDecay({ boundaries: [0, 1], values: [1, 10, 100] });
    const optimizer = new SGD(schedule);
    const w = cell(0);
    for (let i = 0; i < 3; i++) {
      steps.push(optimizer.currentLearningRate().itemSync());
      optimizer.apply(g(1), [w]);
    }
    expect(steps).toEqual([1, 10, 100]);
    expect(value(w)).toBe(-111);
    expect(optimizer.learningRate).toBe(schedule);
    expect(() => (optimizer.learningRate = 1)).toThrow('sgd: the learning rate follows a schedule and cannot be set');
  });

  test('a function of the step in ops is a schedule', () => {
    expect(path(new SGD((step) => step.add(1)), 0, [1, 1, 1])).toEqual([-1, -3, -6]);
  });

  test('something else is an error', () => {
    expect(() => new SGD('fast' as never)).toThrow("the learning rate must be a number or a schedule, got 'fast'");
    expect(() => new SGD(-1)).toThrow('must be a finite number ≥ 0, got -1');
  });
});

describe('updates', () => {
  test('run as one program for all variables, compiled once', () => {
    const before = compiledPrograms(getBackend());
    const variables = [new Variable(new Float32Array(6)), new Variable(new Float32Array(4))];
    const optimizer = new Adam(0.1);
    const grads = [tensor(new Float32Array(6).fill(1)), tensor(new Float32Array(4).fill(2))];
    optimizer.apply(grads, variables);
    const after = compiledPrograms(getBackend());
    for (let i = 0; i < 3; i++) {
      optimizer.learningRate = 0.1 * i;
      optimizer.apply(grads);
    }
    expect(after - before).toBe(1);
    expect(compiledPrograms(getBackend())).toBe(after);
    expect(optimizer.iterations.value.itemSync()).toBe(4);
  });

  test('variables of several dtypes keep theirs', () => {
    const w = new Variable(Float64Array.of(1), { dtype: 'float64' });
    new Adam(0.1).apply([tensor([1], 'float64')], [w]);
    expect(w.value.dtype).toBe('float64');
    expect(w.value.itemSync()).toBeCloseTo(0.9, 5);
  });

  test('null gradients leave a variable alone and are mentioned once', () => {
    const [a, b] = [cell(1, 'a'), cell(1, 'b')];
    const optimizer = new SGD(1, { weightDecay: 0.1 });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    optimizer.apply([tensor([1]), null], [a, b]);
    optimizer.apply([tensor([1]), null], [a, b]);
    expect(warn.mock.calls).toEqual([["sgd: no gradients for 'b'; these variables stay as they are"]]);
    warn.mockRestore();
    expect(value(b)).toBe(1);
    expect(() => optimizer.apply([null, null], [a, b])).toThrow("no gradients at all for 'a', 'b'");
  });

  test('a part of the variables may be given, in any order', () => {
    const [a, b] = [cell(0, 'a'), cell(0, 'b')];
    const optimizer = new SGD(1);
    optimizer.build([a, b]);
    optimizer.applyGradients([
      [tensor([2]), b],
      [tensor([1]), a],
    ]);
    optimizer.apply(g(5), [b]);
    expect([value(a), value(b)]).toEqual([-1, -7]);
    expect(() => optimizer.apply(g(1), [cell(0, 'c')])).toThrow("Variable 'c' is unknown to this optimizer");
  });

  test('constraints of variables are applied after the update', () => {
    const w = Object.assign(cell(0.5), { constraint: { apply: (x: Tensor) => x.maximum(0) } });
    new SGD(1).apply(g(2), [w]);
    expect(value(w)).toBe(0);
  });

  test('weight decay leaves out what it is told to', () => {
    const variables = ['kernel', 'bias', 'gamma'].map((name) => cell(1, name));
    const optimizer = new SGD(1, { weightDecay: 0.5 });
    optimizer.excludeFromWeightDecay({ names: ['bi.s'], variables: [variables[2]!] });
    optimizer.apply(g(0, 0, 0), variables);
    expect(variables.map(value)).toEqual([0.5, 1, 1]);
    expect(() => optimizer.excludeFromWeightDecay({})).toThrow('before the first update');
    expect(new AdamW().weightDecay).toBe(0.004);
    expect(new AdamW(0.1, { weightDecay: null }).weightDecay).toBe(null);
  });

  test('lossScaleFactor scales the loss up and the gradients down', () => {
    const optimizer = new SGD(1, { lossScaleFactor: 4 });
    expect(optimizer.scaleLoss(tensor(2)).itemSync()).toBe(8);
    expect(path(optimizer, 1, [4])).toEqual([0]);
  });

  test('shapes and counts are checked', () => {
    const w = cell();
    expect(() => new SGD().apply(g(1))).toThrow('the first apply() needs the variables');
    expect(() => new SGD().apply(g(1, 2), [w])).toThrow('got 2 gradients for 1 variables');
    expect(() => new SGD().apply([tensor([1, 2])], [w])).toThrow(ShapeError);
    expect(() => new SGD().build([w, w])).toThrow('listed twice');
    expect(() => new SGD().build([tensor([1]) as never])).toThrow('expected a list of Variables');
    const built = new SGD();
    built.build([w]);
    expect(() => built.build([w])).toThrow('built already');
    expect(() => new SGD(1, { gradientAccumulationSteps: 0 })).toThrow(
      'gradientAccumulationSteps must be a positive integer',
    );
  });

  test("optimizers of one's own need slots and an update", () => {
    class Sign extends Optimizer {
      protected update(weight: Tensor, gradient: Tensor, slots: Slots, { learningRate, step }: UpdateContext): Updated {
        return { weight: weight.sub(sign(gradient).mul(learningRate).mul(step)), slots };
      }
    }
    expect(path(new Sign(1), 0, [5, -5])).toEqual([-1, 1]);
    expect(new Sign(1).name).toBe('sign');
  });

  test('state is listed in the order of files, and can be given back', () => {
    const w = Object.assign(cell(), { path: 'net/dense/kernel' });
    const optimizer = new Nadam(0.1, { useEma: true });
    optimizer.apply(g(1), [w]);
    expect(optimizer.variables.map((v) => v.name)).toEqual([
      'iteration',
      'learning_rate',
      'net_dense_kernel_average',
      'net_dense_kernel_momentum',
      'net_dense_kernel_velocity',
      'product',
    ]);
    optimizer.dispose();
    expect(() => optimizer.iterations.value).toThrow('after dispose()');
    const groups = new RMSprop(0.1, { momentum: 0.9 });
    groups.build([cell(0, 'a'), cell(0, 'b')]);
    expect(groups.variables.slice(2).map((v) => v.name)).toEqual([
      'a_velocity',
      'b_velocity',
      'a_momentum',
      'b_momentum',
    ]);
  });
});

describe('configurations', () => {
  test('every optimizer makes the round trip', () => {
    for (const name of [
      'sgd',
      'rmsprop',
      'adam',
      'adamw',
      'adamax',
      'nadam',
      'adagrad',
      'adadelta',
      'adafactor',
      'ftrl',
      'lamb',
      'lion',
    ]) {
      const optimizer = get(name);
      const stored = JSON.parse(JSON.stringify(serialize(optimizer))) as ReturnType<typeof serialize>;
      expect(stored.module).toBe('keras.optimizers');
      const copy = get(stored);
      expect(copy.constructor, name).toBe(optimizer.constructor);
      expect(copy.getConfig(), name).toEqual(optimizer.getConfig());
    }
  });

  test('a schedule is stored with it', () => {
    const schedule = new schedules.CosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10, mMul: 0.9 });
    const stored = JSON.parse(JSON.stringify(serialize(new Adam(schedule, { beta1: 0.8 })))) as ReturnType<
      typeof serialize
    >;
    expect(stored.config).toMatchObject({
      beta_1: 0.8,
      learning_rate: {
        module: 'keras.optimizers.schedules',
        class_name: 'CosineDecayRestarts',
        config: { m_mul: 0.9 },
      },
    });
    const copy = get(stored);
    expect(copy.learningRate).toBeInstanceOf(schedules.CosineDecayRestarts);
    expect(copy.getConfig()).toEqual(stored.config);
    const broken = { class_name: 'Adam', config: { learning_rate: { class_name: 'CosinDecay', config: {} } } };
    expect(() => get(broken)).toThrow("did you mean 'CosineDecay'");
  });

  test('names in any case, misspelt ones are answered', () => {
    expect(get('AdamW')).toBeInstanceOf(AdamW);
    expect(() => get('adma')).toThrow("unknown optimizer 'adma'; did you mean 'adam'");
    expect(() => get(3 as never)).toThrow('expected an optimizer or its name, got 3');
  });
});
