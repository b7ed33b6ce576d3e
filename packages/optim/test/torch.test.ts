/**
 * LBFGS and OneCycle against numbers of PyTorch.
 */
import { readFileSync } from 'node:fs';
import { LBFGS, schedules, type Evaluation, type LBFGSOptions } from '@dl/optim';
import { ConfigError, setBackend, tensor, Variable } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const golden = JSON.parse(readFileSync(new URL('golden/torch.json', import.meta.url), 'utf8')) as {
  readonly lbfgs: Record<string, readonly { loss: number; w: number[]; v: number[]; evaluations: number }[]>;
  readonly oneCycle: Record<string, readonly number[]>;
};

/** Rosenbrock's function joined with a second variable, and its gradients. */
function rosenbrock(w: Variable, v: Variable): Evaluation {
  const [a, b] = w.value.dataSync() as unknown as [number, number];
  const c = v.value.dataSync()[0]!;
  const [valley, rest] = [b - a * a, c - a - b];
  return {
    value: tensor(100 * valley ** 2 + (1 - a) ** 2 + 0.5 * rest ** 2, 'float64'),
    grads: [
      tensor(Float64Array.of(-400 * a * valley - 2 * (1 - a) - rest, 200 * valley - rest), 'float64'),
      tensor(Float64Array.of(rest), 'float64'),
    ],
  };
}

const start = (): readonly [Variable, Variable] => [
  new Variable(tensor([-1.2, 1], 'float64'), { name: 'w' }),
  new Variable(tensor([0.5], 'float64'), { name: 'v' }),
];

describe('LBFGS', () => {
  const options: Readonly<Record<string, LBFGSOptions>> = {
    plain: { learningRate: 0.1, maxIter: 10 },
    wolfe: { lineSearch: 'strong_wolfe', maxIter: 8 },
    'short history': { lineSearch: 'strong_wolfe', historySize: 2, maxIter: 8 },
  };
  for (const [name, given] of Object.entries(options)) {
    test(`${name}, four calls`, async () => {
      const [w, v] = start();
      const optimizer = new LBFGS([w, v], given);
      let evaluations = 0;
      for (const row of golden.lbfgs[name]!) {
        const loss = await optimizer.step(() => {
          evaluations++;
          return rosenbrock(w, v);
        });
        expect(loss).toBeCloseTo(row.loss, 6);
        [...w.value.dataSync(), ...v.value.dataSync()].forEach((value, i) =>
          expect(value).toBeCloseTo([...row.w, ...row.v][i]!, 5),
        );
        expect(evaluations).toBe(row.evaluations);
      }
    });
  }

  test('finds the lowest place, in float32 too', async () => {
    const w = new Variable([-1.2, 1]);
    const v = new Variable([0.5]);
    const optimizer = new LBFGS([w, v], { lineSearch: 'strong_wolfe', maxIter: 100 });
    await optimizer.step(() => rosenbrock(w, v));
    [...w.value.dataSync(), ...v.value.dataSync()].forEach((value, i) => expect(value).toBeCloseTo([1, 1, 2][i]!, 2));
    const steps = optimizer.iterations;
    expect(await optimizer.step(() => rosenbrock(w, v))).toBeLessThan(1e-4);
    expect(optimizer.iterations).toBeGreaterThanOrEqual(steps);
  });

  test('a missing gradient is 0; mistakes are named', async () => {
    const [w, v] = start();
    const value = tensor(1, 'float64');
    const still = new LBFGS([w, v]);
    await still.step(() => ({ value, grads: [null, null] }));
    expect([...w.value.dataSync()]).toEqual([-1.2, 1]);
    await expect(still.step(() => ({ value, grads: [null] }))).rejects.toThrow('got 1 gradients for 2 variables');
    expect(() => new LBFGS([])).toThrow(ConfigError);
    expect(() => new LBFGS([w], { lineSearch: 'armijo' as never })).toThrow(
      "lineSearch must be 'strong_wolfe' or null",
    );
  });
});

describe('OneCycle', () => {
  const options = {
    cos: {},
    linear: { annealStrategy: 'linear', pctStart: 0.4 },
    'three phases': { threePhase: true },
  } as const;
  for (const [name, given] of Object.entries(options)) {
    test(name, () => {
      const schedule = new schedules.OneCycle({ maxLearningRate: 0.1, totalSteps: 20, ...given });
      const copy = schedules.deserialize({ class_name: 'OneCycle', config: schedule.getConfig() });
      golden.oneCycle[name]!.forEach((rate, step) => {
        expect(schedule.apply(step).itemSync(), `step ${step}`).toBeCloseTo(rate, 7);
        expect(copy.apply(step).itemSync()).toBe(schedule.apply(step).itemSync());
      });
      expect(schedule.apply(500).itemSync()).toBeCloseTo(4e-7, 8);
    });
  }

  test('numbers out of range are errors', () => {
    expect(() => new schedules.OneCycle({ maxLearningRate: 0.1, totalSteps: 0 })).toThrow('totalSteps');
    expect(() => new schedules.OneCycle({ maxLearningRate: 0.1, totalSteps: 9, pctStart: 2 })).toThrow('pctStart');
  });
});

describe('WarmupCosineDecay', () => {
  const schedule = new schedules.WarmupCosineDecay({
    peakLearningRate: 1,
    warmupSteps: 4,
    totalSteps: 12,
    endLearningRate: 0.2,
  });

  test('rises on a line and falls along a cosine', () => {
    const at = (step: number): number => schedule.apply(step).itemSync();
    expect([0, 1, 2, 3].map(at)).toEqual([0, 0.25, 0.5, 0.75]);
    for (let step = 4; step <= 12; step++) {
      expect(at(step)).toBeCloseTo(0.2 + 0.4 * (1 + Math.cos((Math.PI * (step - 4)) / 8)), 6);
    }
    expect(at(99)).toBeCloseTo(0.2, 6);
  });

  test('is the curve of CosineDecay with a warm-up', () => {
    const { CosineDecay } = schedules;
    const same = new CosineDecay({
      initialLearningRate: 0,
      decaySteps: 8,
      warmupTarget: 1,
      warmupSteps: 4,
      alpha: 0.2,
    });
    for (let step = 0; step < 15; step++) {
      expect(schedule.apply(step).itemSync()).toBeCloseTo(same.apply(step).itemSync(), 6);
    }
  });

  test('the warm-up must be shorter than the whole', () => {
    const options = { peakLearningRate: 1, warmupSteps: 5, totalSteps: 5 };
    expect(() => new schedules.WarmupCosineDecay(options)).toThrow('less than totalSteps (5)');
    expect(new schedules.WarmupCosineDecay({ ...options, warmupSteps: 0 }).apply(0).itemSync()).toBe(1);
  });
});
