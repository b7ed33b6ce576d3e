/**
 * A training loop of one's own: two optimizers, a penalty on gradients and a metric, as one program a step.
 */
import { cpu } from '@dl/backend-cpu';
import { grad, jit, layers, metrics, optimizers, Sequential, setSeed, variableGrads, type Tensor } from '@dl/keras';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { values } from './training.ts';

const BACKENDS = { reference, cpu };

/** A generator and a critic (Gulrajani et al. 2017), and their step. */
function adversaries() {
  setSeed(11);
  const generator = new Sequential([new layers.Dense(8, { activation: 'relu', inputShape: [2] }), new layers.Dense(1)]);
  const critic = new Sequential([new layers.Dense(8, { activation: 'tanh', inputShape: [1] }), new layers.Dense(1)]);
  const [forGenerator, forCritic] = [new optimizers.Adam(0.01), new optimizers.RMSprop(0.01)];
  const distance = new metrics.Mean({ name: 'distance' });
  const step = (real: Tensor, noise: Tensor): Tensor => {
    const fake = generator.apply(noise);
    const { value, grads } = variableGrads(() => {
      const slopes = grad((x: Tensor) => critic.apply(x).sum())(real.add(fake).mul(0.5));
      const penalty = slopes.square().sum(-1).add(1e-12).sqrt().sub(1).square().mean();
      return critic.apply(fake).mean().sub(critic.apply(real).mean()).add(penalty.mul(10));
    }, critic.trainableWeights);
    forCritic.apply(grads, critic.trainableWeights);
    const fooled = variableGrads(() => critic.apply(generator.apply(noise)).mean().neg(), generator.trainableWeights);
    forGenerator.apply(fooled.grads, generator.trainableWeights);
    distance.updateState(fake.mean().sub(real.mean()).abs());
    return value;
  };
  const weights = (): number[] =>
    [...generator.weights, ...critic.weights].flatMap((weight) => [...weight.value.dataSync()]);
  return { step, weights, distance };
}

describe.each(Object.entries(BACKENDS))('%s', (_, backend) => {
  test('compiled and op by op agree, over several steps', () => {
    setBackend(backend());
    const run = (compiled: boolean): { losses: number[]; weights: number[]; distance: number } => {
      const { step, weights, distance } = adversaries();
      const fn = compiled ? jit(step) : step;
      const losses = Array.from({ length: 5 }, (_unused, i) => {
        const real = values(100 + i, [16, 1]).add(3);
        return fn(real, values(200 + i, [16, 2])).itemSync();
      });
      return { losses, weights: weights(), distance: distance.result().itemSync() };
    };
    const [eager, compiled] = [run(false), run(true)];
    expect(compiled.distance).toBeCloseTo(eager.distance, 5);
    expect(compiled.distance).toBeGreaterThan(0.1);
    compiled.losses.forEach((loss, i) => expect(loss).toBeCloseTo(eager.losses[i]!, 4));
    compiled.weights.forEach((weight, i) => expect(weight).toBeCloseTo(eager.weights[i]!, 4));
  });

  test('the step is one program', () => {
    setBackend(backend());
    const { step } = adversaries();
    const fn = jit(step, { name: 'step' });
    const [real, noise] = [values(1, [16, 1]), values(2, [16, 2])];
    for (let i = 0; i < 3; i++) fn(real, noise);
    expect(fn.traces).toBe(1);
    expect(fn.lower(real, noise).program.kernels.length).toBeLessThanOrEqual(38);
  });
});
