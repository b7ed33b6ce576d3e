/**
 * Histograms and spectrograms against NumPy and PyTorch (tools/golden/preprocessing.py).
 */
import * as layers from '@dl/layers';
import { setBackend, tensor, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../check-layer.ts';
import golden from '../golden/preprocessing.json' with { type: 'json' };

setBackend(reference());

interface Numbers {
  readonly shape: number[];
  readonly values: number[];
}

interface Case {
  readonly layer: string;
  readonly options: object;
  readonly input: Numbers;
  readonly output: Numbers;
}

const classes = layers as unknown as Readonly<Record<string, new (options: object) => layers.Layer>>;

describe('histograms and spectrograms', () => {
  test.each(Object.entries(golden as unknown as Record<string, Case>))(
    '%s',
    (_name, { layer, options, input, output }) => {
      const x = (dtype: 'float32' | 'float64'): Tensor => tensor(Float64Array.from(input.values), dtype, input.shape);
      const made = new classes[layer]!({ ...options, dtype: 'float64' });
      const y = made.apply(x('float64'));
      expect(y.shape).toEqual(output.shape);
      expectClose([...y.dataSync()], output.values, layer, 1e-7);
      const single = new classes[layer]!(options).apply(x('float32'));
      expectClose([...single.dataSync()], output.values, `${layer} in float32`, 1e-3);
      expect(made.computeOutputShape([null, ...input.shape.slice(1)])).toEqual([null, ...output.shape.slice(1)]);
    },
  );
  test('one signal without a batch, and one image', () => {
    const signal = tensor(Float32Array.from({ length: 50 }, (_, i) => Math.sin(i)));
    const layer = new layers.MelSpectrogram({ fftLength: 16, sequenceStride: 10, numMelBins: 3 });
    const y = layer.apply(signal);
    expect(y.shape).toEqual([3, 6]);
    expectClose([...y.dataSync()], [...layer.apply(signal.reshape([1, 50])).dataSync()], 'batch of one', 1e-6);
    expect(layer.computeOutputShape([50])).toEqual([3, 6]);
    expect(new layers.MelSpectrogram().computeOutputShape([null, 16000])).toEqual([null, 128, 32]);
    const image = tensor(Float32Array.of(1, 2, 3, 4), undefined, [2, 2, 1]);
    expect([...new layers.Equalization().apply(image).dataSync()]).toEqual([0, 85, 170, 255]);
  });
  test('angles and channels', () => {
    const x = tensor(
      Float64Array.from({ length: 24 }, (_, i) => Math.cos(i)),
      'float64',
      [1, 12, 2],
    );
    const both = (mode: layers.SpectrogramMode): Tensor =>
      new layers.STFTSpectrogram({ mode, frameLength: 4, frameStep: 4, window: null, dtype: 'float64' }).apply(x);
    const [re, im, angle] = (['real', 'imag', 'angle'] as const).map((mode) => [...both(mode).dataSync()]);
    expectClose(
      angle!,
      angle!.map((_, i) => Math.atan2(im![i]!, re![i]!)),
      'angle',
      1e-12,
    );
    // The constant part of both channels is the sum of their pieces.
    const sum = (channel: number, piece: number): number =>
      [0, 1, 2, 3].reduce((s, t) => s + Math.cos(2 * (4 * piece + t) + channel), 0);
    const shape = both('real').shape;
    expect(shape).toEqual([1, 3, 6]);
    for (const piece of [0, 1, 2]) {
      expectClose([re![piece * 6]!, re![piece * 6 + 3]!], [sum(0, piece), sum(1, piece)], 'constant part', 1e-9);
    }
  });
  test.each([
    [() => new layers.MelSpectrogram({ fftLength: 16, sequenceLength: 20 }), 'pieces do not fit'],
    [() => new layers.MelSpectrogram({ minFreq: 500, maxFreq: 400 }), 'expected 0 ≤ minFreq < maxFreq'],
    [() => new layers.MelSpectrogram({ numMelBins: 0 }), 'numMelBins must be a positive integer'],
    [() => new layers.MelSpectrogram().apply(tensor([[[1]]])), 'expected [samples] or [batch, samples]'],
    [() => new layers.MelSpectrogram().apply(tensor([[1, 2]])), 'the signal must be longer'],
    [() => new layers.STFTSpectrogram({ frameLength: 8, frameStep: 9 }), 'frameStep must be'],
    [() => new layers.STFTSpectrogram({ frameLength: 8, fftLength: 6 }), 'fftLength must be'],
    [() => new layers.STFTSpectrogram({ frameLength: 8, window: [1] }), 'window must be'],
    [() => new layers.STFTSpectrogram({ mode: 'power' as never }), 'mode must be'],
    [() => new layers.STFTSpectrogram({ scaling: 'none' as never }), 'scaling must be'],
    [() => new layers.STFTSpectrogram({ frameLength: 8 }).apply(tensor([[[1]]])), 'window'],
    [() => new layers.Equalization({ bins: 0 }), 'bins must be a positive integer'],
    [
      () => new layers.ContrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [0, 2] }),
      'tileGridSize must be a positive integer',
    ],
  ])('wrong use %#', (use, message) => {
    expect(use).toThrow(message);
  });
});
