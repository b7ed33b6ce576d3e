/**
 * MobileNetV2 of width 1 for 224×224×3 images (M. Sandler et al., 2018) as a list of units, which every system reads:
 * convolution, batch normalization, and relu6 or nothing. Strided and unstrided 3×3 kernels pad by 1 on all sides.
 */
import { randomFloats } from '../workloads/report.ts';

/** Expansion, output channels, repeats and first stride of each group of blocks. */
const BLOCKS = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** One convolution with what follows it. */
export interface Unit {
  /** Height, width, input channels of a group, output channels. */
  readonly shape: readonly [number, number, number, number];
  readonly stride: number;
  /** Whether each channel has a kernel of its own. */
  readonly depthwise: boolean;
  readonly relu6: boolean;
  /** Whether the input of this unit is that of a block. */
  readonly first: boolean;
  /** Whether the block's input is added to the result. */
  readonly residual: boolean;
  /** Random numbers of this unit start here. */
  readonly seed: number;
}

/** All units in order; then come a mean over all places and a dense layer of 1,000. */
export function units(): Unit[] {
  const list: Unit[] = [];
  const push = (shape: Unit['shape'], stride: number, options: Partial<Unit>): void => {
    const rest = { depthwise: false, relu6: true, first: false, residual: false };
    list.push({ shape, stride, ...rest, ...options, seed: 10 * (list.length + 1) });
  };
  push([3, 3, 3, 32], 2, {});
  let channels = 32;
  for (const [expansion, outputs, repeats, stride] of BLOCKS) {
    for (let i = 0; i < repeats; i++) {
      const wide = channels * expansion;
      if (expansion > 1) push([1, 1, channels, wide], 1, { first: true });
      push([3, 3, 1, wide], i === 0 ? stride : 1, { depthwise: true, first: expansion === 1 });
      push([1, 1, wide, outputs], 1, { relu6: false, residual: i > 0 });
      channels = outputs;
    }
  }
  push([1, 1, channels, 1280], 1, {});
  return list;
}

/** Shape of an array of random numbers, and where they start. */
interface Random {
  readonly shape: readonly number[];
  readonly seed: number;
}

/** The dense layer; its bias is 0. */
export const HEAD: Random = { shape: [1280, 1000], seed: 1000 };
/** The image. */
export const IMAGE: Random = { shape: [1, 224, 224, 3], seed: 2000 };

/** Statistics and parameters of a normalization with so many channels. */
export function normValues(
  channels: number,
  seed: number,
): Record<'mean' | 'variance' | 'scale' | 'offset', Float32Array<ArrayBuffer>> {
  const around = (centre: number, spread: number, at: number): Float32Array<ArrayBuffer> =>
    randomFloats(channels, at).map((value) => centre + spread * value);
  return {
    mean: around(0, 0.1, seed + 1),
    variance: around(1, 0.5, seed + 2),
    scale: around(1, 0.1, seed + 3),
    offset: around(0, 0.1, seed + 4),
  };
}
