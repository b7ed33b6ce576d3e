/**
 * Random tensors. With the same seed all backends draw the same numbers.
 */
import { random } from '@dl/tensor/ops';
import { casesOf, positive, real, within, type Case } from '../case.ts';

const on = casesOf(random, 'random.');
const seed = 3;
const options = { seed };
/** Parameters are float32 whatever the dtype, and results are linear in them: a large step is exact enough. */
const SINGLE = { random: true, differences: { step: 0.25, tolerance: 1e-4 }, order: 1 } as const;
const REJECTION = { random: true, derivative: 'draws by rejection: not differentiable by the parameters' } as const;

export const RANDOM: readonly Case[] = [
  on('uniform', (f, a, b) => f([4, 3], a, b, options), [real([3]), real([3], 1, 3)], SINGLE),
  on('normal', (f, m, d) => f([4, 3], m, d, options), [real([3]), positive([3])], SINGLE),
  on('truncatedNormal', (f, m, d) => f([4, 3], m, d, options), [real([3]), positive([3])], SINGLE),
  on('randint', (f) => f([20], -3, 9, options)),
  on('gamma', (f, a) => f([4, 3], a, options), [positive([3])], REJECTION),
  on('beta', (f, a, b) => f([4, 3], a, b, options), [positive([3]), positive([3])], REJECTION),
  on('binomial', (f, p) => f([4, 3], 9, p, options), [within([3], 0.1, 0.9)], REJECTION),
  on('categorical', (f, x) => f(x, 6, options), [real([2, 4])], { random: true }),
  on('shuffle', (f, x) => f(x, 0, options), [real([4, 2])], { random: true }),
  on('dropout', (f, x) => f(x, 0.4, options), [real([4, 2])], { random: true }),
  on('SeedGenerator', (f) => random.normal([4], 0, 1, { seed: new f(seed) }), [], { random: true }),
];
