/**
 * Optimizers and schedules against numbers of the real Keras.
 */
import { readFileSync } from 'node:fs';
import { setBackend, tensor, Variable, type TensorLike } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import {
  Adafactor,
  Ftrl,
  Lamb,
  Lion,
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Muon,
  Nadam,
  RMSprop,
  ScheduleFreeAdamW,
  schedules,
  SGD,
  type Optimizer,
} from '@dl/optim';
import { describe, expect, test } from 'vitest';

setBackend(reference());

const load = (name: string): Record<string, Record<string, never>> =>
  JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), 'utf8')) as never;

const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void => {
  expect(got.length, what).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) {
    expect(Math.abs(got[i]! - wanted[i]!), `${what}[${i}]: ${got[i]} for ${wanted[i]}`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(wanted[i]!)),
    );
  }
};
const flat = (value: unknown): number[] => (value as number[]).flat(9) as number[];

describe('optimizers over five steps', () => {
  const golden = load('optimizers')['optimizers'] as unknown as Record<
    string,
    { w: TensorLike[][]; ema_final: TensorLike[] }
  >;
  const start = golden['w0'] as unknown as TensorLike[];
  const grads = golden['grads'] as unknown as TensorLike[][];
  const makers: Readonly<Record<string, () => Optimizer>> = {
    SGD: () => new SGD(0.1),
    'SGD_momentum.9': () => new SGD(0.1, { momentum: 0.9 }),
    'SGD_nesterov.9': () => new SGD(0.1, { momentum: 0.9, nesterov: true }),
    SGD_clipnorm1: () => new SGD(0.1, { clipnorm: 1 }),
    'SGD_clipvalue.5': () => new SGD(0.1, { clipvalue: 0.5 }),
    SGD_global_clipnorm1: () => new SGD(0.1, { globalClipnorm: 1 }),
    'SGD_wd.1': () => new SGD(0.1, { weightDecay: 0.1 }),
    SGD_accum2: () => new SGD(0.1, { gradientAccumulationSteps: 2 }),
    SGD_schedule: () =>
      new SGD(new schedules.ExponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 })),
    'SGD_ema.9': () => new SGD(0.1, { useEma: true, emaMomentum: 0.9 }),
    'SGD_ema.9_every2': () => new SGD(0.1, { useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 2 }),
    RMSprop: () => new RMSprop(0.01),
    RMSprop_mom_centered: () => new RMSprop(0.01, { momentum: 0.9, centered: true }),
    Adam: () => new Adam(0.01),
    'Adam_eps.1': () => new Adam(0.01, { epsilon: 0.1 }),
    Adam_amsgrad: () => new Adam(0.01, { amsgrad: true }),
    AdamW: () => new AdamW(0.01),
    Adamax: () => new Adamax(0.01),
    Nadam: () => new Nadam(0.01),
    Adagrad: () => new Adagrad(0.1),
    Adadelta: () => new Adadelta(1),
    Ftrl: () => new Ftrl(0.1, { l1RegularizationStrength: 0.01, l2RegularizationStrength: 0.02 }),
    Lion: () => new Lion(0.01),
    Lamb: () => new Lamb(0.01),
    Adafactor: () => new Adafactor(0.01),
    Muon: () => new Muon(0.01),
    ScheduleFreeAdamW: () => new ScheduleFreeAdamW(0.01),
  };
  for (const [name, make] of Object.entries(makers)) {
    test(name, () => {
      const variables = start.map((value, i) => new Variable(value, { name: `v${i}` }));
      const optimizer = make();
      golden[name]!.w.forEach((wanted, step) => {
        optimizer.apply(
          grads[step]!.map((g) => tensor(g)),
          variables,
        );
        variables.forEach((v, i) => close(v.value.dataSync(), flat([wanted[i]]), `${name} step ${step} w${i}`));
      });
      if (!optimizer.useEma) return;
      optimizer.finalizeVariableValues();
      variables.forEach((v, i) =>
        close(v.value.dataSync(), flat([golden[name]!.ema_final[i]]), `${name} average ${i}`),
      );
    });
  }
});

describe('schedules', () => {
  const golden = load('schedules')['schedules'] as unknown as Record<string, number[]>;
  const S = schedules;
  const makers: Readonly<Record<string, schedules.LearningRateSchedule>> = {
    'ExponentialDecay(0.1,10,0.5)': new S.ExponentialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      decayRate: 0.5,
    }),
    'ExponentialDecay(0.1,10,0.5,staircase)': new S.ExponentialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      decayRate: 0.5,
      staircase: true,
    }),
    'InverseTimeDecay(0.1,10,0.5)': new S.InverseTimeDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      decayRate: 0.5,
    }),
    'PolynomialDecay(0.1,10,0.01,2)': new S.PolynomialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      endLearningRate: 0.01,
      power: 2,
    }),
    'PolynomialDecay(0.1,10,0.01,1,cycle)': new S.PolynomialDecay({
      initialLearningRate: 0.1,
      decaySteps: 10,
      endLearningRate: 0.01,
      cycle: true,
    }),
    'PiecewiseConstantDecay([5,10],[1,.5,.1])': new S.PiecewiseConstantDecay({
      boundaries: [5, 10],
      values: [1, 0.5, 0.1],
    }),
    'CosineDecay(0.1,20)': new S.CosineDecay({ initialLearningRate: 0.1, decaySteps: 20 }),
    'CosineDecay(0.1,20,alpha=.1)': new S.CosineDecay({ initialLearningRate: 0.1, decaySteps: 20, alpha: 0.1 }),
    'CosineDecay(0.0,20,warmup_target=.1,warmup_steps=5)': new S.CosineDecay({
      initialLearningRate: 0,
      decaySteps: 20,
      warmupTarget: 0.1,
      warmupSteps: 5,
    }),
    'CosineDecayRestarts(0.1,10)': new S.CosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10 }),
    'CosineDecayRestarts(0.1,10,t_mul=1,m_mul=.9,alpha=.05)': new S.CosineDecayRestarts({
      initialLearningRate: 0.1,
      firstDecaySteps: 10,
      tMul: 1,
      mMul: 0.9,
      alpha: 0.05,
    }),
  };
  test('every golden schedule is covered', () => {
    expect(Object.keys(makers)).toEqual(Object.keys(golden).filter((key) => key !== 'steps'));
  });
  for (const [name, schedule] of Object.entries(makers)) {
    test(name, () => {
      close(
        golden['steps']!.map((step) => schedule.apply(step).itemSync()),
        golden[name]!,
        name,
      );
    });
  }
});
