/**
 * STFT, whose convolution is a Fourier transform, and variance scaling over chosen axes.
 */
import * as initializers from '@dl/layers/initializers';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { expect, test } from 'vitest';

setBackend(reference());

test('the numbers of inputs and outputs may be those of chosen axes', () => {
  const make = initializers.GlorotUniform;
  const usual = new make({ seed: 1 }).apply([2, 3, 4]).dataSync();
  const chosen = new make({ seed: 1, inputAxes: [0], outputAxes: [1, 2] }).apply([2, 3, 4]).dataSync();
  // Limits are √(6 / (inputs + outputs)): 2·3 and 2·4 by the rule of kernels, 2 and 3·4 by axes.
  chosen.forEach((v, i) => expect(v / usual[i]!).toBeCloseTo(Math.sqrt((6 + 8) / (2 + 12)), 5));
  const wide = new make({ seed: 1, inputAxes: 0, outputAxes: -1 });
  wide
    .apply([2, 3, 4])
    .dataSync()
    .forEach((v, i) => expect(v / usual[i]!).toBeCloseTo(Math.sqrt(14 / 6), 5));
  const copy = initializers.get(JSON.parse(JSON.stringify(initializers.serialize(wide))) as never);
  expect(copy.getConfig()).toEqual({ seed: 1, input_axes: [0], output_axes: [-1] });
  expect(() => new make({ inputAxes: 0 })).toThrow('give inputAxes and outputAxes, or neither');
});

test('kernels hold the waves of the transform, times the scaled window', () => {
  const window = [1, 2, 1];
  const scale = Math.sqrt(1 + 4 + 1);
  for (const side of ['real', 'imag'] as const) {
    const kernel = new initializers.STFT(side, { window }).apply([3, 1, 3], 'float64').dataSync();
    const wave = side === 'real' ? Math.cos : Math.sin;
    for (let t = 0; t < 3; t++) {
      for (let f = 0; f < 3; f++) {
        expect(kernel[t * 3 + f]).toBeCloseTo((wave((-2 * Math.PI * f * t) / 4) * window[t]!) / scale, 12);
      }
    }
  }
  const plain = new initializers.STFT('real', { window: null, scaling: 'spectrum' });
  expect([...plain.apply([2, 1, 2]).dataSync()]).toEqual([1, 1, 1, -1]);
});

test('stored form, mistakes', () => {
  const stft = new initializers.STFT('imag', { window: 'hamming', scaling: null, periodic: true });
  const { config } = JSON.parse(JSON.stringify(initializers.serialize(stft))) as { config: never };
  expect(initializers.STFT.fromConfig(config).getConfig()).toEqual(stft.getConfig());
  expect(() => stft.apply([4, 2, 3])).toThrow('expected the shape [piece, 1, frequencies]');
  expect(() => new initializers.STFT('real', { window: [1, 2] }).apply([3, 1, 3])).toThrow('2 numbers for pieces of 3');
  expect(() => new initializers.STFT('both' as never)).toThrow('side');
});
