/**
 * Fourier transforms and windows.
 */
import * as ops from '@dl/tensor/ops';
import { casesOf, real, type Case } from '../case.ts';

const on = casesOf(ops);
const X = real([2, 6]);
const LONG = real([16]);

export const SIGNAL: readonly Case[] = [
  on('fft', (f, x, y) => f([x, y]), [X, X]),
  on('ifft', (f, x, y) => f([x, y]), [X, X]),
  on('fft2', (f, x, y) => f([x, y]), [X, X]),
  on('ifft2', (f, x, y) => f([x, y]), [X, X]),
  on('rfft', (f, x) => f(x), [X]),
  on('irfft', (f, x, y) => f([x, y]), [real([2, 4]), real([2, 4])]),
  on('stft', (f, x) => f(x, 8, 4, 8), [LONG]),
  on('istft', (f, x, y) => f([x, y], 8, 4, 8), [real([5, 5]), real([5, 5])]),
  on('extractSequences', (f, x) => f(x, 4, 3), [LONG]),
  on('viewAsComplex', (f, x) => f(x), [real([3, 2])]),
  on('viewAsReal', (f, x, y) => f([x, y]), [real([3]), real([3])]),
  on('bartlett', (f) => f(7)),
  on('blackman', (f) => f(7)),
  on('hamming', (f) => f(7)),
  on('hanning', (f) => f(7)),
  on('kaiser', (f) => f(7, 3)),
  on('fftFreq', (f) => f(5)),
  on('rfftFreq', (f) => f(5)),
  on('melFilterBank', (f) => f(4, 9, 8000)),
];
