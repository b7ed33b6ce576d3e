/**
 * The initializer STFT: a convolution with it is a Fourier transform.
 */
import * as initializers from '@dl/layers/initializers';
import { setBackend } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';
import { expect, test } from 'vitest';

setBackend(reference());

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

test('stored form, names, mistakes', () => {
  const stft = new initializers.STFT('imag', { window: 'hamming', scaling: null, periodic: true });
  const copy = initializers.get(JSON.parse(JSON.stringify(initializers.serialize(stft))) as never);
  expect(copy.getConfig()).toEqual(stft.getConfig());
  expect(initializers.get('stft').getConfig()).toEqual(new initializers.STFT().getConfig());
  expect(initializers.get('STFTInitializer')).toBeInstanceOf(initializers.STFT);
  expect(() => stft.apply([4, 2, 3])).toThrow('expected the shape [piece, 1, frequencies]');
  expect(() => new initializers.STFT('real', { window: [1, 2] }).apply([3, 1, 3])).toThrow('2 numbers for pieces of 3');
  expect(() => new initializers.STFT('both' as never)).toThrow('side');
});
