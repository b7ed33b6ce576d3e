/**
 * STFT: kernels of convolutions that are short-time Fourier transforms.
 */
import { ConfigError, ShapeError, tensor, type DType, type Shape, type Tensor } from '@dl/tensor';
import { describe, formatShape } from '@dl/tensor/interpreter';
import { hamming, hanning } from '@dl/tensor/signal';
import { checkWord } from '../base/checks.ts';
import { toOptions, type Config } from '../base/config.ts';
import { Initializer } from './constant.ts';

/** Options of {@link STFT}. */
export interface STFTOptions {
  /** Weights of a piece: 'hann' (the default), 'hamming', as many numbers as a piece is long, or null for none. */
  readonly window?: 'hann' | 'hamming' | readonly number[] | null | undefined;
  /** Divides the window by the root of its squared sum ('density', the default), by its sum ('spectrum'), or not (null). */
  readonly scaling?: 'density' | 'spectrum' | null | undefined;
  /** Whether a window is one period of a periodic one. Default false. */
  readonly periodic?: boolean | undefined;
}

/**
 * The real parts, cos, or the imaginary parts, sin, of a Fourier transform of windowed pieces: kernels of shape
 * [piece, 1, frequencies] with n/2 + 1 frequencies of n. Follows `keras.initializers.STFT`; the layer `STFTSpectrogram`
 * uses it. It has no name for options that take initializers by name: give an object.
 *
 * @throws ShapeError for other shapes.
 * @example new STFT('real', { window: 'hamming' }).apply([128, 1, 129]).shape; // [128, 1, 129]
 */
export class STFT extends Initializer {
  static readonly className: string = 'STFT';
  readonly side: 'real' | 'imag';
  readonly window: 'hann' | 'hamming' | readonly number[] | null;
  readonly scaling: 'density' | 'spectrum' | null;
  readonly periodic: boolean;

  constructor(side: 'real' | 'imag' = 'real', options: STFTOptions = {}) {
    super();
    const { window = 'hann', scaling = 'density', periodic = false } = options;
    this.side = checkWord('STFT', 'side', side, ['real', 'imag']);
    if (window !== null && window !== 'hann' && window !== 'hamming' && !Array.isArray(window)) {
      throw new ConfigError(`STFT: window must be 'hann', 'hamming', null or numbers, got ${describe(window)}`);
    }
    this.window = window;
    this.scaling = scaling === null ? null : checkWord('STFT', 'scaling', scaling, ['density', 'spectrum'] as const);
    this.periodic = periodic;
  }

  /** The window, scaled. */
  #weights(length: number): readonly number[] {
    const { window, periodic, scaling } = this;
    if (window === null) return Array.from({ length }, () => 1);
    const named = window === 'hann' ? hanning : hamming;
    const values = typeof window === 'object' ? window : [...named(length, { periodic, dtype: 'float64' }).dataSync()];
    if (values.length !== length) {
      throw new ShapeError(`STFT: the window has ${values.length} numbers for pieces of ${length}`);
    }
    const sum = (f: (v: number) => number): number => values.reduce((total, v) => total + f(v), 0);
    const scale = scaling === null ? 1 : scaling === 'density' ? Math.sqrt(sum((v) => v * v)) : sum(Math.abs);
    return values.map((v) => v / scale);
  }

  override apply(shape: Shape, dtype: DType = 'float32'): Tensor {
    const [length, channels, count] = shape as [number, number, number];
    if (shape.length !== 3 || channels !== 1 || count < 2) {
      throw new ShapeError(`STFT: expected the shape [piece, 1, frequencies], got ${formatShape(shape)}`);
    }
    const window = this.#weights(length);
    const full = 2 * (count - 1);
    const wave = this.side === 'real' ? Math.cos : Math.sin;
    const value = (i: number): number => {
      const [t, f] = [Math.floor(i / count), i % count];
      return wave((-2 * Math.PI * ((f * t) % full)) / full) * window[t]!;
    };
    return tensor(
      Float64Array.from({ length: length * count }, (_, i) => value(i)),
      dtype,
      shape,
    );
  }

  override getConfig(): Config {
    const { side, window, scaling, periodic } = this;
    return { side, window, scaling, periodic };
  }

  static override fromConfig(config: Config): STFT {
    const { side, ...options } = toOptions(config);
    return new STFT(side as 'real' | 'imag' | undefined, options as STFTOptions);
  }
}
