/**
 * Cases of checkLayer: activation layers.
 */
import { Activation, ELU, LeakyReLU, PReLU, ReLU, Softmax } from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const activationCases: Cases = {
  Activation: { make: (o) => new Activation('softplus', { ...o }), shape: [2, 3], output: [2, 3] },
  ReLU: {
    make: (o) => new ReLU({ maxValue: 0.7, negativeSlope: 0.1, threshold: 0.2, ...o }),
    shape: [2, 3],
    output: [2, 3],
  },
  LeakyReLU: { make: (o) => new LeakyReLU(0.2, { ...o }), shape: [2, 3], output: [2, 3] },
  ELU: { make: (o) => new ELU(0.5, { ...o }), shape: [2, 3], output: [2, 3] },
  PReLU: { make: (o) => new PReLU({ sharedAxes: [1], ...o }), shape: [2, 3, 4], output: [2, 3, 4], params: 4 },
  Softmax: { make: (o) => new Softmax({ axis: 1, ...o }), shape: [2, 3, 2], output: [2, 3, 2] },
};
