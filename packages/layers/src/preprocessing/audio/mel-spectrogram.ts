/**
 * MelSpectrogram: how loud sounds are over time, in bands as ears hear them.
 */
import {
  add,
  ConfigError,
  expandDims,
  matmul,
  max,
  maximum,
  pow,
  ShapeError,
  sqrt,
  square,
  squeeze,
  sub,
  swapAxes,
  tensor,
  type Tensor,
} from '@dl/tensor';
import { log10 } from '@dl/tensor/ops';
import { stft } from '@dl/tensor/signal';
import { castTo, formatShape } from '@dl/tensor/interpreter';
import { checkCount } from '../../base/checks.ts';
import type { Config, ConfigValue } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';

/** Options of {@link MelSpectrogram}. */
export interface MelSpectrogramOptions extends LayerOptions {
  /** Length of Fourier transforms. Default 2048. */
  readonly fftLength?: number | undefined;
  /** Samples between pieces. Default 512. */
  readonly sequenceStride?: number | undefined;
  /** Length of pieces. Default `fftLength`. */
  readonly sequenceLength?: number | null | undefined;
  /** Weights of a piece: 'hann' (the default), 'hamming', as many numbers as a piece is long, or null for none. */
  readonly window?: 'hann' | 'hamming' | readonly number[] | null | undefined;
  /** Samples per second. Default 16000. */
  readonly samplingRate?: number | undefined;
  /** Number of bands. Default 128. */
  readonly numMelBins?: number | undefined;
  /** Lowest frequency in hertz. Default 20. */
  readonly minFreq?: number | undefined;
  /** Highest frequency in hertz. Default half of the sampling rate. */
  readonly maxFreq?: number | null | undefined;
  /** Whether to give decibels. Default true. */
  readonly powerToDb?: boolean | undefined;
  /** How many decibels below the loudest value the range ends. Default 80. */
  readonly topDb?: number | undefined;
  /** Exponent of magnitudes: 1, or 2 for power. Default 2. */
  readonly magExp?: number | undefined;
  /** What smaller powers count as. Default 1e-10. */
  readonly minPower?: number | undefined;
  /** The power of 0 decibels. Default 1. */
  readonly refPower?: number | undefined;
}

/** Numbers with their defaults. */
const DEFAULTS = {
  fftLength: 2048,
  sequenceStride: 512,
  samplingRate: 16000,
  numMelBins: 128,
  minFreq: 20,
  topDb: 80,
  magExp: 2,
  minPower: 1e-10,
  refPower: 1,
};

type Settings = { readonly [K in keyof typeof DEFAULTS]: number };

/**
 * Mel spectrograms of signals: [batch, samples] to [batch, numMelBins, pieces], or of one signal without a batch. Pieces are
 * centred every `sequenceStride` samples, with the ends mirrored; their spectra are summed in triangular bands, evenly spaced
 * on the mel scale 2595·log₁₀(1 + f/700) (S. Stevens and others, 1937), and given in decibels.
 *
 * @throws ConfigError for lengths or frequencies that do not fit, ShapeError for other ranks and signals that are too short.
 * @example new MelSpectrogram({ numMelBins: 64 }).apply(zeros([2, 16000])).shape; // [2, 64, 32]
 */
export class MelSpectrogram extends Layer {
  static override readonly className: string = 'MelSpectrogram';
  static override readonly options: readonly string[] = [
    ...Object.keys(DEFAULTS),
    'sequenceLength',
    'window',
    'maxFreq',
    'powerToDb',
  ];
  readonly settings: Settings;
  readonly sequenceLength: number;
  readonly window: 'hann' | 'hamming' | readonly number[] | null;
  readonly maxFreq: number;
  readonly powerToDb: boolean;

  constructor(options: MelSpectrogramOptions = {}) {
    super(options);
    const given = (key: keyof typeof DEFAULTS): number => options[key] ?? DEFAULTS[key];
    const keys = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
    this.settings = Object.fromEntries(keys.map((key) => [key, given(key)])) as Settings;
    const { fftLength, samplingRate, minFreq } = this.settings;
    for (const key of ['fftLength', 'sequenceStride', 'numMelBins'] as const) {
      checkCount(this.label, key, this.settings[key]);
    }
    this.sequenceLength = checkCount(this.label, 'sequenceLength', options.sequenceLength ?? fftLength);
    if (this.sequenceLength > fftLength) {
      throw new ConfigError(
        `MelSpectrogram: sequenceLength ${this.sequenceLength} is more than fftLength ${fftLength}; pieces do not fit`,
      );
    }
    this.window = options.window === undefined ? 'hann' : options.window;
    this.maxFreq = options.maxFreq ?? Math.trunc(samplingRate / 2);
    if (!(minFreq >= 0 && minFreq < this.maxFreq)) {
      throw new ConfigError(`MelSpectrogram: expected 0 ≤ minFreq < maxFreq, got ${minFreq} and ${this.maxFreq}`);
    }
    this.powerToDb = options.powerToDb ?? true;
  }

  override call(inputs: Tensor): Tensor {
    const { rank } = inputs;
    if (rank !== 1 && rank !== 2) {
      throw new ShapeError(`${this.label}: expected [samples] or [batch, samples], got ${formatShape(inputs.shape)}`);
    }
    const { fftLength, sequenceStride, magExp } = this.settings;
    const real = this.computeDtype === 'float64' ? 'float64' : 'float32';
    const x = castTo(rank === 1 ? expandDims(inputs, 0) : inputs, real);
    const window = typeof this.window === 'object' && this.window !== null ? tensor(this.window, real) : this.window;
    const [re, im] = stft(x, this.sequenceLength, sequenceStride, fftLength, { window, center: true });
    const power = add(square(re), square(im));
    const spectra = magExp === 2 ? power : pow(sqrt(power), magExp);
    const bands = matmul(spectra, this.#bands(real));
    const output = castTo(swapAxes(this.powerToDb ? this.#decibels(bands) : bands, -1, -2), this.computeDtype);
    return rank === 1 ? squeeze(output, 0) : output;
  }

  /** Weights [frequencies, bands]: triangles on the mel scale; the constant part counts nowhere. */
  #bands(dtype: 'float32' | 'float64'): Tensor {
    const { fftLength, numMelBins, samplingRate, minFreq } = this.settings;
    const mel = (f: number): number => 1127 * Math.log(1 + f / 700);
    const count = Math.floor(fftLength / 2) + 1;
    const [from, to] = [mel(minFreq), mel(this.maxFreq)];
    const step = (to - from) / (numMelBins + 1);
    const values = new Float64Array(count * numMelBins);
    for (let k = 1; k < count; k++) {
      const at = (mel((k * samplingRate) / 2 / (count - 1)) - from) / step;
      for (let m = 0; m < numMelBins; m++) values[k * numMelBins + m] = Math.max(0, 1 - Math.abs(at - m - 1));
    }
    return tensor(values, dtype, [count, numMelBins]);
  }

  /** Decibels, not more than `topDb` below the loudest of the whole batch. */
  #decibels(power: Tensor): Tensor {
    const { minPower, refPower, topDb } = this.settings;
    const reference = 10 * Math.log10(Math.max(Math.abs(refPower), minPower));
    const level = sub(log10(maximum(power, minPower)).mul(10), reference);
    return power.size === 0 ? level : maximum(level, max(level).sub(topDb));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const samples = inputShape.at(-1) ?? null;
    const { fftLength, numMelBins, sequenceStride } = this.settings;
    const inside = samples === null ? 0 : samples + 2 * Math.floor(fftLength / 2) - fftLength;
    const pieces = samples === null ? null : 1 + Math.floor(inside / sequenceStride);
    return [...inputShape.slice(0, -1), numMelBins, pieces];
  }

  override getConfig(): Config {
    const { settings: s } = this;
    return {
      ...super.getConfig(),
      fft_length: s.fftLength,
      sequence_stride: s.sequenceStride,
      sequence_length: this.sequenceLength,
      window: this.window as ConfigValue,
      sampling_rate: s.samplingRate,
      num_mel_bins: s.numMelBins,
      min_freq: s.minFreq,
      max_freq: this.maxFreq,
      power_to_db: this.powerToDb,
      top_db: s.topDb,
      mag_exp: s.magExp,
      min_power: s.minPower,
      ref_power: s.refPower,
    };
  }
}
