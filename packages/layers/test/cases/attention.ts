/**
 * Cases of checkLayer: attention layers.
 */
import { AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention } from '@dl/layers';
import type { AttentionInputs, ProjectedAttentionCall } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import type { LayerCase } from '../check-layer.ts';

type AttentionCases = Readonly<Record<string, LayerCase<AttentionInputs, Tensor, ProjectedAttentionCall>>>;

const pair = [
  [2, 3, 4],
  [2, 5, 4],
] as const;
const valueMask = [
  [true, true, false, true, false],
  [true, false, true, true, true],
];
const queryMask = [
  [true, true, false],
  [true, false, true],
];
const outputMask = [true, true, false, true, false, true];

export const attentionCases: AttentionCases = {
  Attention: { make: (o) => new Attention({ ...o }), shape: pair, output: [2, 3, 4] },
  'Attention with a scale, masks and a key, causal': {
    make: (o) => new Attention({ useScale: true, ...o }),
    shape: [
      [2, 3, 4],
      [2, 5, 2],
      [2, 5, 4],
    ],
    output: [2, 3, 2],
    params: 1,
    mask: [queryMask, valueMask],
    outputMask,
    call: { useCausalMask: true },
  },
  'Attention by tanh, with dropout and weights': {
    make: (o) => new Attention({ scoreMode: 'concat', useScale: true, dropout: 0.5, seed: 1, ...o }),
    shape: pair,
    output: [
      [2, 3, 4],
      [2, 3, 5],
    ],
    params: 2,
    training: true,
    trainingDiffers: true,
    call: { returnAttentionScores: true },
  },
  AdditiveAttention: {
    make: (o) => new AdditiveAttention({ ...o }),
    shape: pair,
    output: [2, 3, 4],
    params: 4,
    mask: [queryMask, valueMask],
    outputMask,
  },
  'AdditiveAttention without a scale': {
    make: (o) => new AdditiveAttention({ useScale: false, ...o }),
    shape: pair,
    output: [2, 3, 4],
  },
  MultiHeadAttention: {
    make: (o) => new MultiHeadAttention(2, 3, { ...o }),
    shape: pair,
    output: [2, 3, 4],
    params: 118,
    trainingDiffers: false,
  },
  'MultiHeadAttention with masks, a key, other sizes, causal': {
    make: (o) => new MultiHeadAttention(2, 3, { valueDim: 2, outputShape: 5, useBias: false, ...o }),
    shape: [
      [2, 3, 4],
      [2, 5, 2],
      [2, 5, 3],
    ],
    output: [2, 3, 5],
    params: 24 + 18 + 8 + 20,
    mask: [queryMask, valueMask, null],
    outputMask,
    call: { useCausalMask: true },
  },
  'MultiHeadAttention with weights, a window and a mask of pairs': {
    make: (o) => new MultiHeadAttention(2, 3, { slidingWindow: 2, ...o }),
    shape: pair,
    output: [
      [2, 3, 4],
      [2, 2, 3, 5],
    ],
    params: 118,
    call: {
      returnAttentionScores: true,
      attentionMask: [
        [true, true, false, true, true],
        [false, true, true, true, true],
        [true, true, true, true, false],
      ],
    },
  },
  'MultiHeadAttention with dropout and a gate': {
    make: (o) => new MultiHeadAttention(2, 2, { dropout: 0.4, seed: 2, useGate: true, ...o }),
    shape: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    output: [2, 3, 2],
    params: 4 * 12 + 10,
    training: true,
    trainingDiffers: true,
  },
  'MultiHeadAttention in blocks': {
    make: (o) => new MultiHeadAttention(2, 3, { flashAttention: true, ...o }),
    shape: pair,
    output: [2, 3, 4],
    params: 118,
    mask: [null, valueMask],
    outputMask: null,
    call: { useCausalMask: true },
  },
  'MultiHeadAttention along two axes': {
    make: (o) => new MultiHeadAttention(1, 2, { attentionAxes: [1, 2], ...o }),
    shape: [
      [1, 2, 2, 3],
      [1, 3, 2, 3],
    ],
    output: [1, 2, 2, 3],
    params: 33,
  },
  'MultiHeadAttention along the second of two axes': {
    make: (o) => new MultiHeadAttention(2, 2, { attentionAxes: -2, ...o }),
    shape: [
      [1, 2, 3, 2],
      [1, 2, 2, 2],
    ],
    output: [1, 2, 3, 2],
    params: 46,
  },
  GroupQueryAttention: {
    make: (o) => new GroupQueryAttention(2, 4, 2, { ...o }),
    shape: pair,
    output: [2, 3, 4],
    params: 40 + 20 + 20 + 36,
    mask: [queryMask, valueMask],
    outputMask,
    call: { useCausalMask: true },
  },
  'GroupQueryAttention with weights and a gate': {
    make: (o) => new GroupQueryAttention(2, 2, 1, { useGate: true, useBias: false, ...o }),
    shape: pair,
    output: [
      [2, 3, 4],
      [2, 2, 3, 5],
    ],
    params: 16 + 8 + 16 + 8 + 16,
    call: { returnAttentionScores: true },
  },
};
