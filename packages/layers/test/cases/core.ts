/**
 * Cases of checkLayer: core layers.
 */
import {
  PositionEmbedding,
  Dense,
  EinsumDense,
  Embedding,
  Identity,
  InputLayer,
  Lambda,
  Masking,
  registerLambda,
  ReversibleEmbedding,
  TernaryDense,
} from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import type { Cases } from '../check-layer.ts';

registerLambda('scaled square', (x: Tensor, { factor }) => x.square().mul(factor as number));

export const coreCases: Cases = {
  PositionEmbedding: {
    make: (o) => new PositionEmbedding(5, { ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 4],
    params: 20,
  },
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
  'Dense with LoRA': {
    make: (o) => new Dense(3, { loraRank: 2, loraAlpha: 4, activation: 'tanh', ...o }),
    shape: [2, 4],
    output: [2, 3],
    params: 29,
    trainingDiffers: false,
  },
  'Embedding with LoRA and a mask': {
    make: (o) => new Embedding(5, 3, { loraRank: 2, maskZero: true, ...o }),
    shape: [2, 2],
    values: [4, 0, 2, 1],
    output: [2, 2, 3],
    params: 31,
    gradients: false,
    outputMask: [true, false, true, true],
  },
  EinsumDense: {
    make: (o) => new EinsumDense('abc,cd->abd', [null, 4], { biasAxes: 'd', activation: 'tanh', ...o }),
    shape: [2, 3, 2],
    output: [2, 3, 4],
    params: 12,
  },
  'EinsumDense to heads and back, with bias on both axes': {
    make: (o) => new EinsumDense('abc,cde->abde', [3, 2, 2], { biasAxes: 'de', ...o }),
    shape: [1, 3, 2],
    output: [1, 3, 2, 2],
    params: 12,
  },
  'EinsumDense, leading ellipsis': {
    make: (o) => new EinsumDense('...x,xy->...y', 3, { biasAxes: 'y', ...o }),
    shape: [2, 2, 3, 2],
    output: [2, 2, 3, 3],
    params: 9,
  },
  'EinsumDense, trailing ellipsis, LoRA': {
    make: (o) => new EinsumDense('ab...,bc->ac...', 3, { biasAxes: 'c', loraRank: 1, ...o }),
    shape: [2, 2, 3, 2],
    output: [2, 3, 3, 2],
    params: 14,
  },
  Lambda: {
    make: (o) => new Lambda('scaled square', { outputShape: [3], arguments: { factor: 0.5 }, ...o }),
    shape: [2, 3],
    output: [2, 3],
  },
  Masking: {
    make: (o) => new Masking(2, { ...o }),
    shape: [1, 3, 2],
    values: [1, 2, 2, 2, 0, 0],
    output: [1, 3, 2],
    gradients: false,
    outputMask: [true, false, true],
  },
  Identity: {
    make: (o) => new Identity({ ...o }),
    shape: [2, 3],
    output: [2, 3],
    mask: [true, false],
    outputMask: [true, false],
  },
  ReversibleEmbedding: {
    make: (o) => new ReversibleEmbedding(5, 3, { maskZero: true, ...o }),
    shape: [2, 2],
    values: [4, 0, 2, 1],
    output: [2, 2, 3],
    params: 15,
    gradients: false,
    outputMask: [true, false, true, true],
  },
  TernaryDense: {
    make: (o) => new TernaryDense(3, { activation: 'tanh', ...o }),
    shape: [2, 3, 4],
    output: [2, 3, 3],
    params: 15,
    gradients: false,
  },
  'TernaryDense with a threshold': {
    make: (o) => new TernaryDense(3, { threshold: 0.2, useBias: false, ...o }),
    shape: [1, 4],
    output: [1, 3],
    params: 12,
    gradients: false,
  },
};
