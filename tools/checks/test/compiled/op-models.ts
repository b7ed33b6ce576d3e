/**
 * Trainings written with ops, Variables and gradients.
 */
import { grad, variableGrads } from '@dl/autograd';
import { Adam, AdamW, Lion, SGD } from '@dl/optim';
import * as t from '@dl/tensor';
import { Generator, normal, Variable, zeros, type Tensor } from '@dl/tensor';
import { ids, rows, steps, values, type MakeTraining, type Training } from './training.ts';

const weight = (name: string, shape: readonly number[], scale = 0.4): Variable =>
  new Variable(normal(shape, 0, scale), { name });

/** A training of a loss; further results of `forward` are returned beside it. */
function trainingOf(
  weights: readonly Variable[],
  optimizer: Adam | SGD | Lion,
  batches: Training['batches'],
  forward: (...batch: readonly Tensor[]) => readonly [loss: Tensor, ...others: Tensor[]],
  others: readonly Variable[] = [],
): Training {
  return {
    batches,
    step: (...batch) => {
      let more: readonly Tensor[] = [];
      const { value, grads } = variableGrads(() => {
        const [loss, ...rest] = forward(...batch);
        more = rest;
        return loss;
      }, weights);
      optimizer.apply(grads, weights);
      return [value, ...more];
    },
    variables: () => [...weights, ...optimizer.variables, ...others],
  };
}

/** Trainings by name. */
export const OP_MODELS: Readonly<Record<string, MakeTraining>> = {
  'causal attention with two heads': () => {
    const [q, k, v, o] = ['q', 'k', 'v', 'o'].map((name) => weight(name, [8, 8]));
    const heads = (x: Tensor): Tensor => x.reshape([3, 5, 2, 4]).transpose([0, 2, 1, 3]);
    const past = t.arange(5).reshape([5, 1]).greaterEqual(t.arange(5));
    return trainingOf(
      [q!, k!, v!, o!],
      new AdamW(0.01, { epsilon: 1e-4 }),
      steps((seed) => [values(seed, [3, 5, 8]), values(seed + 1, [3, 5, 8])]),
      (x, y) => {
        const scores = heads(x!.matmul(q!))
          .matmul(heads(x!.matmul(k!)).transpose([0, 1, 3, 2]))
          .div(2);
        const weights = t.softmax(t.where(past, scores, -1e9));
        const mixed = weights.matmul(heads(x!.matmul(v!))).transpose([0, 2, 1, 3]).reshape([3, 5, 8]); // prettier-ignore
        return [mixed.matmul(o!).add(x!).sub(y!).square().mean(), weights];
      },
    );
  },

  'two outputs with losses of their own': () => {
    const [trunk, left, right] = [weight('trunk', [6, 8]), weight('left', [8, 3]), weight('right', [8, 2])];
    return trainingOf(
      [trunk, left, right],
      new Adam(0.01),
      steps((seed) => [values(seed, [7, 6]), rows(seed + 1, 7, 3), values(seed + 2, [7, 2])]),
      (x, classes, targets) => {
        const hidden = t.tanh(x!.matmul(trunk));
        const first = t.softmaxCrossEntropy(classes!, hidden.matmul(left)).mean();
        const second = hidden.matmul(right).sub(targets!).abs().mean();
        return [first.add(second.mul(0.3)), first, second];
      },
    );
  },

  'a recurrent cell unrolled, with state carried between batches': () => {
    const [input, hidden, readout] = [weight('input', [4, 6]), weight('hidden', [6, 6]), weight('readout', [6, 2])];
    const state = new Variable(zeros([3, 6]), { name: 'state', kind: 'state' });
    return trainingOf(
      [input, hidden, readout],
      new SGD(0.1, { clipnorm: 0.5 }),
      steps((seed) => [values(seed, [3, 6, 4]), values(seed + 1, [3, 2])]),
      (x, y) => {
        let h = state.value;
        for (let i = 0; i < 6; i++) h = t.tanh(x!.at(t.range(), i).matmul(input).add(h.matmul(hidden)));
        state.assign(t.stopGradient(h));
        return [h.matmul(readout).sub(y!).square().mean(), h];
      },
      [state],
    );
  },

  'gradient penalty: gradients of gradients': () => {
    const [a, b] = [weight('a', [5, 6]), weight('b', [6, 1])];
    const critic = (x: Tensor): Tensor => t.softplus(t.sin(x.matmul(a)).matmul(b)).sum();
    return trainingOf(
      [a, b],
      new Adam(0.02, { epsilon: 1e-3 }),
      steps((seed) => [values(seed, [6, 5])]),
      (x) => [critic(x!).div(6).add(grad(critic)(x!).square().sum(1).sub(1).square().mean())],
    );
  },

  'half precision in between': () => {
    const [a, b] = [weight('a', [6, 8]), weight('b', [8, 2])];
    return trainingOf(
      [a, b],
      new SGD(0.1),
      steps((seed) => [values(seed, [8, 6]), values(seed + 1, [8, 2])]),
      (x, y) => {
        const hidden = t.relu(x!.cast('float16').matmul(a.value.cast('float16')));
        return [hidden.cast('float32').matmul(b).sub(y!).square().mean(), hidden];
      },
    );
  },

  'gather, scatter, sort, running sums and whole numbers': () => {
    const [table, mix] = [weight('table', [9, 4]), weight('mix', [4, 4])];
    const seen = new Variable(zeros([9], 'int32'), { name: 'seen', kind: 'state' });
    return trainingOf(
      [table, mix],
      new SGD(0.2, { momentum: 0.5 }),
      steps((seed) => [ids(seed, [7], 9), values(seed + 1, [7, 4])]),
      (index, y) => {
        const one = t.oneHot(index!, 9).sum(0);
        seen.assign(seen.value.add(one.cast('int32')));
        const found = t.gather(table, index!).matmul(mix);
        const running = t.cumsum(t.sort(found, -1), 0).mul(0.3);
        return [running.sub(y!).square().mean(), one, t.argMax(running, 1)];
      },
      [seen],
    );
  },

  'random numbers, noise in the weights, and values that only one branch uses': () => {
    const [a, b] = [weight('a', [6, 6]), weight('b', [6, 1])];
    const generator = new Generator(11);
    return trainingOf(
      [a, b],
      new SGD(0.05),
      steps((seed) => [values(seed, [5, 6])]),
      (x) => {
        const noise = generator.normal([6, 6], 0, 0.1);
        const kept = t.where(generator.uniform([5, 6]).less(0.7), x!, 0);
        const h = t.elu(kept.matmul(t.add(a, noise)));
        const low = t.minimum(h, t.flip(h, 1)).maximum(-0.5).minimum(0.5);
        return [
          low
            .matmul(b)
            .add(t.variance(h, 1, true))
            .square()
            .mean(),
          h.max(0),
          low.prod(1),
        ];
      },
      [generator.state],
    );
  },

  'weights that are shared, tied and normalized': () => {
    const [a, g] = [weight('a', [6, 6], 0.6), weight('g', [6])];
    return trainingOf(
      [a, g],
      new Lion(0.01),
      steps((seed) => [values(seed, [8, 6])]),
      (x) => {
        const direction = a.value.div(a.value.square().sum(0, true).sqrt()).mul(g);
        const code = t.gelu(x!.matmul(direction));
        return [code.matmul(direction.transpose()).sub(x!).square().mean(), code.mean(0)];
      },
    );
  },
};
