/**
 * STFTSpectrogram: short-time Fourier transforms as a convolution, whose kernels may be trained.
 */
import {
  add,
  atan2,
  concat,
  ConfigError,
  conv,
  log,
  maximum,
  moveAxis,
  pad,
  reshape,
  sqrt,
  square,
  type Tensor,
} from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config, ConfigValue } from '../../base/config.ts';
import type { LayerShape } from '../../base/input-spec.ts';
import { Layer, type LayerOptions } from '../../base/layer.ts';
import { checkDataFormat, checkPadding, windowCounts, type DataFormat } from '../../base/spatial.ts';
import type { Weight } from '../../base/weight.ts';
import { STFT } from '../../initializers/stft.ts';

/**
 * What a spectrogram holds: the logarithm of magnitudes, the magnitudes, the power spectral density, real parts, imaginary
 * parts, angles, or real parts followed by imaginary ones.
 */
export type SpectrogramMode = 'log' | 'magnitude' | 'psd' | 'real' | 'imag' | 'angle' | 'stft';

const MODES = ['log', 'magnitude', 'psd', 'real', 'imag', 'angle', 'stft'] as const;

const SCALINGS = ['density', 'spectrum'] as const;

/** Options of {@link STFTSpectrogram}. */
export interface STFTSpectrogramOptions extends LayerOptions {
  /** Default 'log'. */
  readonly mode?: SpectrogramMode | undefined;
  /** Length of pieces. Default 256. */
  readonly frameLength?: number | undefined;
  /** Samples between pieces. Default half a piece. */
  readonly frameStep?: number | null | undefined;
  /** Length of Fourier transforms. Default the least power of two that a piece fits in. */
  readonly fftLength?: number | null | undefined;
  /** Weights of a piece: 'hann' (the default), 'hamming', as many numbers as a piece is long, or null for none. */
  readonly window?: 'hann' | 'hamming' | readonly number[] | null | undefined;
  /** Whether a window is one period of a periodic one. Default false. */
  readonly periodic?: boolean | undefined;
  /** Divides the window by the root of its squared sum ('density', the default), by its sum ('spectrum'), or not (null). */
  readonly scaling?: 'density' | 'spectrum' | null | undefined;
  /** 'valid' unless given. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Whether channels and frequencies are axes of their own, as in images. Default false. */
  readonly expandDims?: boolean | undefined;
  /** 'channels_last' unless given. */
  readonly dataFormat?: DataFormat | undefined;
}

/** What is taken for 0 in roots and logarithms. */
const LEAST = 1e-7;

/**
 * Spectrograms of signals [batch, samples, channels]: [batch, pieces, channels · frequencies], with `expandDims`
 * [batch, pieces, frequencies, channels]. There are fftLength/2 + 1 frequencies, twice as many in the mode 'stft'. With
 * 'channels_first' the input is [batch, channels, samples], the output [batch, channels · frequencies, pieces] or
 * [batch, channels, pieces, frequencies].
 *
 * Weights: real_kernel and imag_kernel [frameLength, 1, frequencies], as far as the mode needs them, initially those of the
 * Fourier transform; set `trainable: false` to keep them.
 *
 * @throws ConfigError for lengths that do not fit.
 * @example new STFTSpectrogram({ frameLength: 256, frameStep: 128 }).apply(zeros([3, 16000, 1])).shape; // [3, 124, 129]
 */
export class STFTSpectrogram extends Layer {
  static override readonly className: string = 'STFTSpectrogram';
  static override readonly options: readonly string[] = [
    'mode',
    'frameLength',
    'frameStep',
    'fftLength',
    'window',
    'periodic',
    'scaling',
    'padding',
    'expandDims',
    'dataFormat',
  ];
  readonly mode: SpectrogramMode;
  readonly frameLength: number;
  readonly frameStep: number | null;
  readonly fftLength: number | null;
  readonly window: 'hann' | 'hamming' | readonly number[] | null;
  readonly periodic: boolean;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly padding: 'valid' | 'same';
  readonly expandDims: boolean;
  readonly dataFormat: DataFormat;
  #real: Weight | null = null;
  #imag: Weight | null = null;

  constructor(options: STFTSpectrogramOptions = {}) {
    super(options);
    const kind = 'STFTSpectrogram';
    const { frameLength = 256, frameStep = null, fftLength = null, window = 'hann', scaling = 'density' } = options;
    this.mode = checkWord(kind, 'mode', options.mode ?? 'log', MODES);
    this.frameLength = checkCount(kind, 'frameLength', frameLength);
    if (frameStep !== null && !(Number.isInteger(frameStep) && frameStep >= 1 && frameStep <= frameLength)) {
      throw new ConfigError(`${kind}: frameStep must be an integer from 1 to frameLength, got ${describe(frameStep)}`);
    }
    if (fftLength !== null && !(Number.isInteger(fftLength) && fftLength >= frameLength && fftLength % 2 === 0)) {
      throw new ConfigError(`${kind}: fftLength must be even and at least frameLength, got ${describe(fftLength)}`);
    }
    const named = window === null || window === 'hann' || window === 'hamming';
    if (!named && !(Array.isArray(window) && window.length === frameLength)) {
      throw new ConfigError(
        `${kind}: window must be 'hann', 'hamming', null or ${frameLength} numbers, got ${describe(window)}`,
      );
    }
    this.frameStep = frameStep;
    this.fftLength = fftLength;
    this.window = window;
    this.periodic = options.periodic ?? false;
    this.scaling = scaling === null ? null : checkWord(kind, 'scaling', scaling, SCALINGS);
    this.padding = checkPadding(kind, options.padding, ['valid', 'same']);
    this.expandDims = options.expandDims ?? false;
    this.dataFormat = checkDataFormat(kind, options.dataFormat);
    this.inputSpec = { rank: 3, kind: 'float' };
  }

  get #step(): number {
    return this.frameStep ?? Math.max(1, Math.floor(this.frameLength / 2));
  }

  get #frequencies(): number {
    const length = this.fftLength ?? 2 ** Math.ceil(Math.log2(Math.max(2, this.frameLength)));
    return length / 2 + 1;
  }

  protected override build(): void {
    const shape = [this.frameLength, 1, this.#frequencies];
    const { window, scaling, periodic } = this;
    const make = (side: 'real' | 'imag'): Weight =>
      this.addWeight({ name: `${side}_kernel`, shape, initializer: new STFT(side, { window, scaling, periodic }) });
    if (this.mode !== 'imag') this.#real = make('real');
    if (this.mode !== 'real') this.#imag = make('imag');
  }

  override call(inputs: Tensor): Tensor {
    // Each channel is a signal of its own.
    const signals = this.dataFormat === 'channels_last' ? moveAxis(inputs, 2, 1) : inputs;
    const [batch, channels, samples] = signals.shape as [number, number, number];
    windowCounts(this.label, [samples], [this.frameLength], [this.#step], [1], this.padding);
    const rows = reshape(signals, [batch * channels, samples, 1]);
    const part = (kernel: Weight): Tensor => conv(rows, kernel, { strides: this.#step, padding: this.padding });
    const values = this.#values(this.#real && part(this.#real), this.#imag && part(this.#imag));
    const [, pieces, count] = values.shape as [number, number, number];
    // [batch, channels, pieces, frequencies]
    const parts = reshape(values, [batch, channels, pieces, count]);
    if (this.expandDims) return this.dataFormat === 'channels_last' ? moveAxis(parts, 1, 3) : parts;
    const flat = reshape(moveAxis(parts, 3, 2), [batch, channels * count, pieces]);
    return this.dataFormat === 'channels_last' ? moveAxis(flat, 1, 2) : flat;
  }

  /** What the mode asks for, [signals, pieces, frequencies]. */
  #values(real: Tensor | null, imag: Tensor | null): Tensor {
    if (real === null || imag === null) return real ?? imag!;
    if (this.mode === 'angle') return atan2(imag, real);
    if (this.mode === 'stft') return concat([real, imag], 2);
    const power = add(square(real), square(imag));
    if (this.mode === 'psd') {
      const [, , count] = power.shape as [number, number, number];
      const inner = power.slice([0, 0, 1], [power.shape[0]!, power.shape[1]!, count - 2]);
      return add(power, pad(inner, [0, 0, [1, 1]]));
    }
    const magnitude = sqrt(maximum(power, LEAST));
    return this.mode === 'magnitude' ? magnitude : log(maximum(magnitude, LEAST));
  }

  override computeOutputShape(inputShape: LayerShape): LayerShape {
    const last = this.dataFormat === 'channels_last';
    const [batch, channels, samples] = [inputShape[0]!, inputShape[last ? 2 : 1]!, inputShape[last ? 1 : 2]!];
    const [pieces] = windowCounts(this.label, [samples], [this.frameLength], [this.#step], [1], this.padding);
    const count = this.mode === 'stft' ? 2 * this.#frequencies : this.#frequencies;
    const all = channels === null ? null : channels * count;
    if (this.expandDims) return last ? [batch, pieces!, count, channels] : [batch, channels, pieces!, count];
    return last ? [batch, pieces!, all] : [batch, all, pieces!];
  }

  override getConfig(): Config {
    return {
      ...super.getConfig(),
      mode: this.mode,
      frame_length: this.frameLength,
      frame_step: this.frameStep,
      fft_length: this.fftLength,
      window: this.window as ConfigValue,
      periodic: this.periodic,
      scaling: this.scaling,
      padding: this.padding,
      data_format: this.dataFormat,
      expand_dims: this.expandDims,
    };
  }
}
