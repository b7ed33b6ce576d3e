/**
 * Cases of checkLayer: core layers.
 */
import { Dense, Embedding, InputLayer } from '@dl/layers';
import type { Cases } from '../check-layer.ts';

export const coreCases: Cases = {
  Dense: { make: (o) => new Dense(4, { activation: 'tanh', ...o }), shape: [2, 3], output: [2, 4], params: 16 },
  'Dense without bias on rank 3': {
    make: (o) => new Dense(2, { useBias: false, kernelRegularizer: 'l2', kernelConstraint: 'max_norm', ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 2],
    params: 8,
  },
  Embedding: {
    make: (o) => new Embedding(5, 3, { ...o }),
    shape: [2, 2],
    values: [0, 4, 1, 1],
    output: [2, 2, 3],
    params: 15,
    gradients: false,
  },
  InputLayer: { make: (o) => new InputLayer({ shape: [3], ...o }), shape: [2, 3], output: [2, 3] },
};
