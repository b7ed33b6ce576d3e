/**
 * Convolutions and products of known sizes: which way each is computed, and that all ways give the reference's bits, on
 * one thread and on two.
 */
import { cpu, setThreads } from '@dl/backend-cpu';
import { reference, type ConvKernel, type MatmulKernel } from '@dl/tensor/backend';
import { testRandom } from '@dl/tensor/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLOCK_K, evenBlock } from '../src/kernels/blocks.ts';
import { convWorkspace, planConv } from '../src/kernels/conv-plan.ts';
import { planRows } from '../src/kernels/depthwise-rows.ts';
import { matmulWorkspace } from '../src/kernels/matmul.ts';
import { firstDifference } from './compare.ts';
import { denseConv, denseMatmul, EPILOGUES, type ConvShape, type Epilogue } from './dense-products.ts';
import type { RandomCase } from './random-program.ts';
import { runProgram } from './run-program.ts';
import { checked, gathered } from './together.ts';

const [ours, theirs] = [checked(cpu()), reference()];

beforeAll(() => gathered(2));
afterAll(() => setThreads(1));

function compare({ program, args, params }: RandomCase): void {
  const results = runProgram(ours, program, args, params);
  const expected = runProgram(theirs, program, args, params);
  program.args.forEach((buffer, i) => {
    expect(firstDifference(results[i]!, expected[i]!, program.buffers[buffer]!.dtype), `buffer ${buffer}`).toBeNull();
  });
}

function convOf(shape: ConvShape, open = false): ConvKernel {
  return denseConv(testRandom(1), shape, 'sum', open).program.kernels[0] as ConvKernel;
}

/** An axis with a kernel of 3. */
const three = (input: number, options: Partial<ConvShape['axes'][number]> = {}): ConvShape['axes'][number] => ({
  input,
  kernel: 3,
  ...options,
});

/** Each has rows read in place, through lists of pointers. */
const LISTED: Record<string, ConvShape> = {
  'unpadded, all of a row in one list': { channels: 5, features: 9, axes: [three(9), three(11)] },
  padded: { channels: 8, features: 17, axes: [three(7, { pad: 1 }), three(6, { pad: 1 })] },
  'padded beyond the kernel': { channels: 4, features: 8, axes: [three(4, { pad: 4 }), three(3, { pad: 3 })] },
  strided: { channels: 12, features: 10, axes: [three(13, { stride: 2 }), three(12, { stride: 3, pad: 1 })] },
  dilated: { channels: 3, features: 8, axes: [three(11, { rhsDilation: 2, pad: 2 }), three(12, { rhsDilation: 3 })] },
  'of a dilated image': {
    channels: 6,
    features: 5,
    axes: [three(5, { lhsDilation: 2, pad: 1 }), three(4, { pad: 2 })],
  },
  'in groups': { groups: 3, channels: 4, features: 6, axes: [three(7, { pad: 1 }), three(5)] },
  'over one axis': { channels: 16, features: 20, axes: [{ input: 40, kernel: 5, pad: 2 }] },
  'over three axes': { channels: 4, features: 3, axes: [three(4), three(5, { pad: 1 }), three(5)] },
  'strided pointwise': {
    channels: 20,
    features: 24,
    axes: [
      { input: 9, kernel: 1, stride: 2 },
      { input: 8, kernel: 1 },
    ],
  },
  'with more k than a block': { channels: 70, features: 12, axes: [three(6, { pad: 1 }), three(7, { pad: 1 })] },
  'with more rows than a block': {
    batch: 3,
    channels: 3,
    features: 8,
    axes: [three(11, { pad: 1 }), three(12, { pad: 1 })],
  },
};

/** Each goes row by row. */
const DEPTHWISE: Record<string, ConvShape> = {
  padded: { groups: 8, channels: 1, features: 1, axes: [three(9, { pad: 1 }), three(13, { pad: 1 })] },
  'of few columns': { groups: 12, channels: 1, features: 1, axes: [three(5, { pad: 1 }), three(3, { pad: 1 })] },
  strided: {
    groups: 17,
    channels: 1,
    features: 1,
    axes: [three(12, { stride: 2, pad: 1 }), three(14, { stride: 2, pad: 1 })],
  },
  'unpadded, and groups that do not fill vectors': { groups: 5, channels: 1, features: 1, axes: [three(6), three(10)] },
  dilated: {
    groups: 4,
    channels: 1,
    features: 1,
    axes: [three(9, { rhsDilation: 2, pad: 2 }), three(11, { rhsDilation: 2, pad: 2 })],
  },
  'with a wide kernel': {
    groups: 9,
    channels: 1,
    features: 1,
    axes: [
      { input: 10, kernel: 5, pad: 2 },
      { input: 9, kernel: 7, pad: 3 },
    ],
  },
  'over one axis': { groups: 6, channels: 1, features: 1, axes: [three(19, { pad: 1 })] },
  'over three axes': {
    groups: 4,
    channels: 1,
    features: 1,
    axes: [three(4, { pad: 1 }), three(3), three(9, { pad: 1 })],
  },
  'padded beyond the kernel': {
    groups: 4,
    channels: 1,
    features: 1,
    axes: [three(2, { pad: 4 }), three(4, { pad: 3 })],
  },
};

/** Images with zeros between their elements: each is cut into parts. */
const SPREAD: Record<string, ConvShape> = {
  'along both axes': {
    batch: 2,
    channels: 5,
    features: 9,
    axes: [three(4, { lhsDilation: 2, pad: 1 }), three(5, { lhsDilation: 2, pad: 2 })],
  },
  'more widely than the kernel reaches': {
    channels: 6,
    features: 8,
    axes: [
      { input: 4, kernel: 1, lhsDilation: 2 },
      { input: 3, kernel: 2, lhsDilation: 3, pad: 2 },
    ],
  },
  'along one axis of two': {
    groups: 2,
    channels: 3,
    features: 4,
    axes: [three(6, { lhsDilation: 4, pad: 2 }), three(5)],
  },
  'with fewer outputs than zeros': {
    batch: 2,
    channels: 3,
    features: 5,
    axes: [{ input: 2, kernel: 5, lhsDilation: 4 }],
  },
  'into one output': { channels: 3, features: 1, axes: [{ input: 2, kernel: 3, lhsDilation: 2 }] },
  'channel by channel': {
    batch: 2,
    groups: 6,
    channels: 1,
    features: 1,
    axes: [three(5, { lhsDilation: 2, pad: 1 }), three(7, { lhsDilation: 2, pad: 2 })],
  },
};

describe('plans', () => {
  test('a row of the kernel is one list where all of it lies side by side', () => {
    expect(planConv(convOf(LISTED['unpadded, all of a row in one list']!)).taps).toMatchObject({
      lists: 3,
      moved: [1],
    });
    expect(planConv(convOf(LISTED['padded']!)).taps).toMatchObject({ lists: 9, moved: [] });
  });

  test.each(Object.entries(LISTED))('lists: %s', (_, shape) => {
    expect(planConv(convOf(shape)).taps).not.toBeNull();
  });

  test('pointwise convolutions read the image as a matrix', () => {
    const plan = planConv(
      convOf({
        channels: 24,
        features: 16,
        axes: [
          { input: 7, kernel: 1 },
          { input: 5, kernel: 1 },
        ],
      }),
    );
    expect(plan).toMatchObject({ pitch: 24, taps: null });
  });

  test.each(Object.entries(DEPTHWISE))('depthwise by rows: %s', (_, shape) => {
    expect(planRows(convOf(shape))).not.toBeNull();
  });

  test('kernel gradients take images outermost, and their blocks one after the other', () => {
    const gradient = {
      gradient: true,
      batch: 32,
      channels: 64,
      features: 64,
      axes: [
        { input: 26, kernel: 24 },
        { input: 26, kernel: 24 },
      ],
    };
    const plan = planConv(convOf(gradient));
    expect(plan).toMatchObject({ deep: true, beside: true, kAxes: ['channels', 0, 1] });
    // Panels of one block, a block of patches, and all sums.
    expect(convWorkspace(convOf(gradient), Number, 1)).toBeLessThan(2 ** 19);
  });

  test('products with few sums never hold all of B', () => {
    const kernel = denseMatmul(testRandom(1), [64, 128, 9216]).program.kernels[0] as MatmulKernel;
    expect(matmulWorkspace(kernel, Number, 1)).toBeLessThan(2 ** 19);
  });

  test('blocks of k are even, and whole units', () => {
    expect([evenBlock(288, 1), evenBlock(512, 1), evenBlock(576, 64), evenBlock(1000, 500)]).toEqual([
      288, 256, 320, 500,
    ]);
    for (const k of [1, 319, 320, 321, 1000, 4097]) expect(evenBlock(k, 1)).toBeLessThanOrEqual(BLOCK_K);
  });
});

describe('as the reference computes it', () => {
  test.each(Object.entries(LISTED))('convolution %s', (_, shape) => compare(denseConv(testRandom(3), shape)));
  test.each(Object.entries(DEPTHWISE))('depthwise %s', (_, shape) => compare(denseConv(testRandom(4), shape)));

  test.each(Object.entries(SPREAD))('spread out %s', (_, shape) => {
    for (const epilogue of EPILOGUES) compare(denseConv(testRandom(5), shape, epilogue));
  });

  test.each(Object.entries({ ...LISTED, ...DEPTHWISE, ...SPREAD }))('with sizes known at run time: %s', (_, shape) => {
    compare(denseConv(testRandom(9), shape, 'relu6', true));
  });

  test('lists of channels whose number is 0', () => {
    const shape: ConvShape = { channels: 0, features: 3, axes: [three(5)] };
    compare(denseConv(testRandom(9), shape, 'relu6', true));
    expect(planConv(convOf({ ...shape, channels: 2 }, true)).taps).not.toBeNull();
  });

  const shapes: Record<string, ConvShape> = {
    listed: LISTED['padded']!,
    pointwise: {
      channels: 12,
      features: 17,
      axes: [
        { input: 5, kernel: 1 },
        { input: 26, kernel: 1 },
      ],
    },
    depthwise: { groups: 10, channels: 1, features: 1, axes: [three(6, { pad: 1 }), three(11, { pad: 1 })] },
    gradient: {
      gradient: true,
      batch: 7,
      channels: 3,
      features: 9,
      axes: [
        { input: 9, kernel: 7 },
        { input: 8, kernel: 6 },
      ],
    },
  };
  describe.each(Object.keys(shapes))('%s', (name) => {
    test.each(EPILOGUES)('with %s', (epilogue: Epilogue) => compare(denseConv(testRandom(5), shapes[name]!, epilogue)));
  });

  test.each([
    [
      'a kernel gradient',
      {
        batch: 5,
        channels: 4,
        features: 19,
        axes: [
          { input: 44, kernel: 42 },
          { input: 45, kernel: 43 },
        ],
      },
    ],
    [
      'a padded one',
      {
        batch: 6,
        channels: 5,
        features: 18,
        axes: [
          { input: 40, kernel: 40, pad: 1 },
          { input: 39, kernel: 39, pad: 1 },
        ],
      },
    ],
    [
      'a strided one',
      {
        batch: 3,
        channels: 19,
        features: 20,
        axes: [
          { input: 40, kernel: 19, rhsDilation: 2 },
          { input: 41, kernel: 20, rhsDilation: 2 },
        ],
      },
    ],
  ] as const)('%s block by block', (_, shape) => {
    const whole = { ...shape, gradient: true };
    expect(planConv(convOf(whole)).deep).toBe(true);
    compare(denseConv(testRandom(6), whole));
  });

  test('through lists of pointers, with several blocks of rows for every block of k', () => {
    const shape: ConvShape = {
      channels: 128,
      features: 160,
      axes: [
        { input: 13, kernel: 7, pad: 3 },
        { input: 13, kernel: 1 },
      ],
    };
    const plan = planConv(convOf(shape));
    expect(plan.deep && plan.taps !== null).toBe(true);
    compare(denseConv(testRandom(8), shape));
  });

  test.each(EPILOGUES)('a product block by block, with %s', (epilogue) => {
    for (const turnB of [false, true]) compare(denseMatmul(testRandom(7), [13, 43, 3300], { turnB, epilogue }));
  });

  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('products around the sizes of blocks, transposed: %s, %s', (turnA, turnB) => {
    for (const sizes of [
      [125, 10, 321],
      [241, 33, 65],
      [7, 9, 641],
    ] as const)
      compare(denseMatmul(testRandom(8), sizes, { turnA, turnB }));
  });
});
