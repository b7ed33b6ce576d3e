/**
 * Window functions, frequencies and filter banks: tables of numbers.
 */
import { isFloating, checkDType, type DType } from '../../dtype.ts';
import { ConfigError, DTypeError, unknownName } from '../../errors.ts';
import { describe } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';

/** Options of windows. */
export interface WindowOptions {
  /** Whether the window is one period of a periodic one, as for spectra, instead of symmetric. Default false. */
  readonly periodic?: boolean;
  /** Default float32. */
  readonly dtype?: DType;
}

type Window = (n: number, options?: WindowOptions) => Tensor;

function floating(dtype: DType, where: string): DType {
  if (!isFloating(checkDType(dtype, where))) throw new DTypeError(`${where}: expected a floating dtype, got ${dtype}`);
  return dtype;
}

/** A window from its values at −1 … 1. */
function windowOf(name: string, at: (x: number) => number): Window {
  return (n, { periodic = false, dtype = 'float32' } = {}) => {
    if (!Number.isInteger(n) || n < 0)
      throw new ConfigError(`${name}: the length must be a whole number ≥ 0, got ${describe(n)}`);
    const span = periodic ? n : n - 1;
    const values = Float64Array.from({ length: n }, (_, i) => (n === 1 ? 1 : at((2 * i) / span - 1)));
    return Tensor.fromValues(values, [n], floating(dtype, name));
  };
}

/** A triangle that is 0 at both ends. Follows `keras.ops.bartlett`. */
export const bartlett: Window = /* @__PURE__ */ windowOf('bartlett', (x) => 1 - Math.abs(x));
/** ½ + ½ cos πx for x in −1 … 1. Follows `keras.ops.hanning`. */
export const hanning: Window = /* @__PURE__ */ windowOf('hanning', (x) => 0.5 + 0.5 * Math.cos(Math.PI * x));
/** 0.54 + 0.46 cos πx for x in −1 … 1. Follows `keras.ops.hamming`. */
export const hamming: Window = /* @__PURE__ */ windowOf('hamming', (x) => 0.54 + 0.46 * Math.cos(Math.PI * x));
/** 0.42 + ½ cos πx + 0.08 cos 2πx for x in −1 … 1. Follows `keras.ops.blackman`. */
export const blackman: Window = /* @__PURE__ */ windowOf(
  'blackman',
  (x) => 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x),
);

/**
 * The modified Bessel function I₀(x)·e^−scale by its series, whose terms (x/2)^2k/(k!)² are positive; the factor avoids
 * overflow.
 */
function besselI0(x: number, scale: number): number {
  let log = -scale;
  let sum = Math.exp(log);
  for (let k = 1; x > 0 && k < 40 + 2 * x; k++) {
    log += 2 * (Math.log(x / 2) - Math.log(k));
    sum += Math.exp(log);
  }
  return sum;
}

/**
 * I₀(β√(1 − x²))/I₀(β) for x in −1 … 1 (J. Kaiser): larger β gives a wider peak and lower sides. Follows `keras.ops.kaiser`.
 *
 * @throws ConfigError for a β that is not finite.
 */
export const kaiser: (n: number, beta: number, options?: WindowOptions) => Tensor = (n, beta, options) => {
  if (!Number.isFinite(beta)) throw new ConfigError(`kaiser: beta must be a finite number, got ${describe(beta)}`);
  const width = Math.abs(beta);
  const top = besselI0(width, width);
  return windowOf('kaiser', (x) => besselI0(width * Math.sqrt(Math.max(0, 1 - x * x)), width) / top)(n, options);
};

/** Options of {@link fftFreq} and {@link rfftFreq}. */
export interface FrequencyOptions {
  /** Time between samples. Default 1. */
  readonly spacing?: number;
  /** Default float32. */
  readonly dtype?: DType;
}

function frequencies(where: string, n: number, half: boolean, options: FrequencyOptions): Tensor {
  const { spacing = 1, dtype = 'float32' } = options;
  if (!Number.isInteger(n) || n < 1 || !(Math.abs(spacing) > 0)) {
    throw new ConfigError(
      `${where}: expected a positive length and a spacing that is not 0, got ${describe(n)} and ${describe(spacing)}`,
    );
  }
  const count = half ? Math.floor(n / 2) + 1 : n;
  const at = (k: number): number => (half || k < n / 2 ? k : k - n) / (n * spacing);
  return Tensor.fromValues(
    Float64Array.from({ length: count }, (_, k) => at(k)),
    [count],
    floating(dtype, where),
  );
}

/**
 * The frequencies of the elements of `fft` of n numbers, in cycles per unit of time; negative in the second half. As
 * `numpy.fft.fftfreq`.
 *
 * @throws ConfigError for a length that is not positive or a spacing of 0.
 * @example fftFreq(4); // [0, 0.25, -0.5, -0.25]
 */
export const fftFreq = (n: number, options: FrequencyOptions = {}): Tensor => frequencies('fftFreq', n, false, options);

/** The frequencies of the elements of `rfft` of n numbers; see {@link fftFreq}. As `numpy.fft.rfftfreq`. */
export const rfftFreq = (n: number, options: FrequencyOptions = {}): Tensor =>
  frequencies('rfftFreq', n, true, options);

/** Options of {@link melFilterBank}. */
export interface MelOptions {
  /** Lowest frequency in hertz. Default 0. */
  readonly lowest?: number;
  /** Highest frequency in hertz. Default half of the sample rate. */
  readonly highest?: number;
  /** 'htk': 2595·log₁₀(1 + f/700) (default). 'slaney': linear up to 1 kHz, logarithmic above. */
  readonly scale?: 'htk' | 'slaney';
  /** 'slaney' gives each filter an area of 1 instead of a height of 1. Default null. */
  readonly normalization?: 'slaney' | null;
  /** Default float32. */
  readonly dtype?: DType;
}

/** Hertz to mel and back. */
const SCALES = {
  htk: {
    toMel: (f: number): number => 2595 * Math.log10(1 + f / 700),
    toHertz: (m: number): number => 700 * (10 ** (m / 2595) - 1),
  },
  slaney: {
    toMel: (f: number): number => (f < 1000 ? (3 * f) / 200 : 15 + (27 * Math.log(f / 1000)) / Math.log(6.4)),
    toHertz: (m: number): number => (m < 15 ? (200 * m) / 3 : 1000 * Math.exp(((m - 15) * Math.log(6.4)) / 27)),
  },
};

/**
 * Weights [spectrumBins, melBins] that turn spectra of `rfft` into mel bands, as a product: triangles evenly spaced on the
 * mel scale (S. Stevens and others, 1937; M. Slaney's Auditory Toolbox, 1998). As `torchaudio.functional.melscale_fbanks`.
 *
 * @throws ConfigError for sizes or frequencies that do not fit.
 * @example const mel = spectrum.matmul(melFilterBank(40, 257, 16000));
 */
export function melFilterBank(
  melBins: number,
  spectrumBins: number,
  sampleRate: number,
  { lowest = 0, highest = sampleRate / 2, scale = 'htk', normalization = null, dtype = 'float32' }: MelOptions = {},
): Tensor {
  if (!Object.hasOwn(SCALES, scale)) unknownName('melFilterBank', 'scale', scale, Object.keys(SCALES));
  if (normalization !== null && normalization !== 'slaney')
    unknownName('melFilterBank', 'normalization', normalization, ['slaney']);
  const whole = [melBins, spectrumBins].every((n) => Number.isInteger(n) && n >= 1);
  if (!whole || !(0 <= lowest && lowest < highest && highest <= sampleRate / 2)) {
    throw new ConfigError(
      `melFilterBank: expected positive sizes and 0 ≤ lowest < highest ≤ sampleRate / 2, got sizes ${melBins} and ${spectrumBins}, ` +
        `frequencies ${lowest} to ${highest}, sample rate ${sampleRate}`,
    );
  }
  const { toMel, toHertz } = SCALES[scale];
  const [from, to] = [toMel(lowest), toMel(highest)];
  const edges = Array.from({ length: melBins + 2 }, (_, i) => toHertz(from + ((to - from) * i) / (melBins + 1)));
  const values = new Float64Array(spectrumBins * melBins);
  for (let k = 0; k < spectrumBins; k++) {
    const f = spectrumBins === 1 ? 0 : (k * sampleRate) / 2 / (spectrumBins - 1);
    for (let m = 0; m < melBins; m++) {
      const [low, middle, high] = [edges[m]!, edges[m + 1]!, edges[m + 2]!];
      const height = Math.max(0, Math.min((f - low) / (middle - low), (high - f) / (high - middle)));
      values[k * melBins + m] = normalization === null ? height : (2 * height) / (high - low);
    }
  }
  return Tensor.fromValues(values, [spectrumBins, melBins], floating(dtype, 'melFilterBank'));
}
