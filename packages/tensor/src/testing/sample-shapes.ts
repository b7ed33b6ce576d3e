/**
 * Shapes, domains and attributes that samples are made of.
 */
import type { OpAttrs, OpName, WindowAttrs } from '../ops/attrs.ts';
import type { Shape } from '../shape.ts';

/** What values an input takes. Numbers are drawn between `low` and `high`; `integer` ones are whole. */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly integer?: boolean;
}

export interface InputSample {
  readonly shape: Shape;
  readonly domain?: Domain;
  /** Fixed dtype (index tensors, conditions); otherwise the dtype under test. */
  readonly dtype?: 'int32' | 'bool' | 'uint32';
}

export interface Sample<K extends OpName = OpName> {
  readonly inputs: readonly InputSample[];
  readonly attrs: OpAttrs[K];
}

export const NONE = {};
/** A scalar, empty, odd and long shapes. */
export const SHAPES: readonly Shape[] = [[], [0], [1], [7], [3, 5], [2, 0, 3], [2, 3, 9], [1031]];
export const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[7], [7]],
  [
    [3, 5],
    [3, 5],
  ],
  [[3, 5], [5]],
  [
    [3, 1],
    [1, 5],
  ],
  [[2, 3, 4], []],
  [[0], [1]],
  [
    [2, 0],
    [2, 1],
  ],
  [[1031], [1031]],
];
export const WIDE: Domain = { low: -3, high: 3 };

export const unary = (domain: Domain = WIDE): readonly Sample[] =>
  SHAPES.map((shape) => ({ inputs: [{ shape, domain }], attrs: NONE }));
export const binary = (first: Domain = WIDE, second: Domain = first): readonly Sample[] =>
  PAIRS.flatMap(([a, b]) => [
    {
      inputs: [
        { shape: a, domain: first },
        { shape: b, domain: second },
      ],
      attrs: NONE,
    },
    ...(a.join() === b.join()
      ? []
      : [
          {
            inputs: [
              { shape: b, domain: first },
              { shape: a, domain: second },
            ],
            attrs: NONE,
          },
        ]),
  ]);
export const of = <K extends OpName>(shape: Shape, attrs: OpAttrs[K], domain: Domain = WIDE): Sample => ({
  inputs: [{ shape, domain }],
  attrs,
});

export const REDUCED: readonly { readonly shape: Shape; readonly axes: readonly number[] }[] = [
  { shape: [], axes: [] },
  { shape: [7], axes: [0] },
  { shape: [3, 5], axes: [0] },
  { shape: [3, 5], axes: [1] },
  { shape: [3, 5], axes: [0, 1] },
  { shape: [2, 3, 4], axes: [1] },
  { shape: [2, 3, 4], axes: [0, 2] },
  { shape: [1031], axes: [0] },
  { shape: [3, 1031], axes: [1] },
  { shape: [67, 9], axes: [0] },
];
export const EMPTY_REDUCED: typeof REDUCED = [
  { shape: [3, 0, 4], axes: [1] },
  { shape: [0], axes: [0] },
  { shape: [3, 0, 4], axes: [0] },
];
export const reduction = (empty: boolean, domain: Domain = WIDE): readonly Sample[] =>
  [...REDUCED, ...(empty ? EMPTY_REDUCED : EMPTY_REDUCED.slice(2))].flatMap(({ shape, axes }) =>
    [false, true].map((keepDims) => of<'sum'>(shape, { axes, keepDims }, domain)),
  );
export const argReduction: readonly Sample[] = [
  of<'argMax'>([7], { axis: 0, keepDims: false }),
  of<'argMax'>([3, 5], { axis: 0, keepDims: true }),
  of<'argMax'>([3, 5], { axis: 1, keepDims: false }),
  of<'argMax'>([2, 1031], { axis: 1, keepDims: false }),
  // Many ties: the first position counts.
  of<'argMax'>([4, 33], { axis: 1, keepDims: false }, { low: 0, high: 2, integer: true }),
];

type ConvSample = [x: Shape, kernel: Shape, attrs?: Partial<OpAttrs['conv']>];
export const CONVS: readonly ConvSample[] = [
  [
    [2, 7, 3],
    [3, 3, 5],
  ],
  [[1, 8, 2], [3, 2, 4], { strides: [2], padding: [[1, 2]] }],
  [[1, 9, 1], [3, 1, 2], { rhsDilation: [2], padding: [[2, 1]] }],
  [[2, 5, 2], [3, 2, 3], { lhsDilation: [2], padding: [[2, 1]] }],
  [
    [2, 6, 6, 3],
    [3, 3, 3, 9],
  ],
  [
    [1, 7, 5, 4],
    [3, 2, 2, 6],
    {
      featureGroups: 2,
      padding: [
        [1, 1],
        [0, 1],
      ],
    },
  ],
  [
    [1, 6, 6, 5],
    [3, 3, 1, 5],
    {
      featureGroups: 5,
      padding: [
        [1, 1],
        [1, 1],
      ],
    },
  ],
  [
    [1, 6, 6, 3],
    [3, 3, 1, 6],
    {
      featureGroups: 3,
      strides: [2, 2],
      padding: [
        [0, 1],
        [0, 1],
      ],
    },
  ],
  [[4, 5, 5, 2], [2, 3, 2, 4], { batchGroups: 2, strides: [1, 2] }],
  [
    [1, 9, 9, 1],
    [1, 1, 1, 17],
  ],
  [
    [1, 3, 4, 5, 2],
    [2, 2, 3, 2, 3],
    {
      padding: [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    },
  ],
  [
    [3, 6, 6, 2],
    [5, 5, 2, 3],
    {
      padding: [
        [-1, 0],
        [2, 2],
      ],
    },
  ],
  [
    [0, 4, 2],
    [3, 2, 5],
  ],
  [
    [2, 2, 2],
    [3, 2, 5],
  ],
];
export const convSample = ([x, kernel, extra = {}]: ConvSample): Sample<'conv'> => {
  const ones = x.slice(2).map(() => 1);
  return {
    inputs: [{ shape: x }, { shape: kernel }],
    attrs: {
      strides: ones,
      padding: ones.map(() => [0, 0] as const),
      lhsDilation: ones,
      rhsDilation: ones,
      featureGroups: 1,
      batchGroups: 1,
      ...extra,
    },
  };
};

export const window: WindowAttrs = {
  window: [1, 2, 3],
  strides: [1, 2, 1],
  padding: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
  windowDilation: [1, 1, 1],
};
export const inside: WindowAttrs = {
  ...window,
  padding: [
    [0, 0],
    [0, 0],
    [0, 0],
  ],
};
export const position: InputSample = { shape: [2, 2, 5], dtype: 'int32', domain: { low: 0, high: 5, integer: true } };
