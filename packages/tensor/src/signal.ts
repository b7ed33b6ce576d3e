/**
 * `@dl/tensor/signal`: Fourier transforms of any length, short-time transforms, windows and filter banks. Complex numbers are
 * pairs of a real and an imaginary tensor, as in `keras.ops`.
 */
export {
  fft,
  fft2,
  ifft,
  ifft2,
  irfft,
  rfft,
  viewAsComplex,
  viewAsReal,
  type ComplexLike,
  type ComplexPair,
  type FftLengthOptions,
} from './functions/signal/fft.ts';
export { extractSequences, istft, stft, type IstftOptions, type StftOptions } from './functions/signal/stft.ts';
export {
  bartlett,
  blackman,
  fftFreq,
  hamming,
  hanning,
  kaiser,
  melFilterBank,
  rfftFreq,
  type FrequencyOptions,
  type MelOptions,
  type WindowOptions,
} from './functions/signal/windows.ts';
