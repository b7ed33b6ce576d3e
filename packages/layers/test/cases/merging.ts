/**
 * Cases of checkLayer: layers of several inputs.
 */
import { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } from '@dl/layers';
import type { ListCases } from '../check-layer.ts';

const pair = [
  [2, 3],
  [2, 3],
] as const;
export const mergingCases: ListCases = {
  Add: { make: (o) => new Add({ ...o }), shape: pair, output: [2, 3] },
  Subtract: { make: (o) => new Subtract({ ...o }), shape: pair, output: [2, 3] },
  Multiply: {
    make: (o) => new Multiply({ ...o }),
    shape: [
      [2, 1, 3],
      [2, 4, 3],
      [2, 3],
    ],
    output: [2, 4, 3],
  },
  Average: { make: (o) => new Average({ ...o }), shape: pair, output: [2, 3] },
  Maximum: { make: (o) => new Maximum({ ...o }), shape: pair, output: [2, 3] },
  Minimum: { make: (o) => new Minimum({ ...o }), shape: pair, output: [2, 3] },
  Concatenate: {
    make: (o) => new Concatenate({ axis: 1, ...o }),
    shape: [
      [2, 1, 3],
      [2, 2, 3],
    ],
    output: [2, 3, 3],
  },
  Dot: { make: (o) => new Dot(1, { ...o }), shape: pair, output: [2, 1] },
  'Dot of sequences, normalized': {
    make: (o) => new Dot([2, 1], { normalize: true, ...o }),
    shape: [
      [2, 3, 4],
      [2, 4, 2],
    ],
    output: [2, 3, 2],
  },
  'Multiply with masks': {
    make: (o) => new Multiply({ ...o }),
    shape: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    output: [2, 3, 2],
    mask: [
      [
        [true, false, true],
        [false, false, true],
      ],
      [
        [true, true, false],
        [false, true, true],
      ],
    ],
    outputMask: [true, true, true, false, true, true],
  },
  'Maximum with one mask': {
    make: (o) => new Maximum({ ...o }),
    shape: [
      [2, 3],
      [2, 1, 3],
    ],
    output: [2, 1, 3],
    mask: [[true, false], null],
    outputMask: null,
  },
};
