/**
 * RandAugment and AugMix: random choices among other image layers.
 */
import {
  add,
  clip,
  ConfigError,
  div,
  mul,
  reshape,
  sub,
  sum,
  switchCase,
  zerosLike,
  type Generator,
  type Tensor,
} from '@dl/tensor';
import { random as randomOps } from '@dl/tensor/ops';
import type { Interpolation } from '@dl/tensor/image';
import { describe } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import type { Config } from '../../base/config.ts';
import { RandomRotation, RandomShear, RandomTranslation } from './affine-layers.ts';
import { RandomBrightness, RandomContrast } from './color-layers.ts';
import { AutoContrast, Equalization } from './contrast-layers.ts';
import type { ImageLayer } from './image-layer.ts';
import {
  RandomImageLayer,
  rangeOf,
  valueRangeOf,
  type Factor,
  type RandomImageOptions,
  type Range,
} from './random-image-layer.ts';
import { RandomColorDegeneration, RandomPosterization, Solarization } from './tone-layers.ts';
import { RandomSharpness } from './blur.ts';

/** Options that RandAugment and AugMix share. */
interface AugmentOptions extends RandomImageOptions {
  /** Values that pixels have. Default [0, 255]. */
  readonly valueRange?: Range | undefined;
  /** How pixels between pixels are found; 'bilinear' unless given. */
  readonly interpolation?: Interpolation | undefined;
}

type Step = ImageLayer<unknown> & { draw(images: Tensor, random?: Generator): unknown };
type Change = (images: Tensor) => Tensor;

/** A layer that applies others, which it chooses at random, one for the whole batch. */
abstract class ChoiceLayer<P> extends RandomImageLayer<P> {
  readonly valueRange: Range;
  readonly factor: Range;
  readonly interpolation: Interpolation;

  constructor(kind: string, factor: Factor, options: AugmentOptions) {
    super(kind, options);
    this.factor = rangeOf(kind, 'factor', factor, [0, 1]);
    this.valueRange = valueRangeOf(kind, options.valueRange);
    this.interpolation = checkWord(kind, 'interpolation', options.interpolation ?? 'bilinear', ['bilinear', 'nearest']);
  }

  /** The layers to choose from; those that change colors only with `all`. */
  protected steps(all: boolean): readonly Step[] {
    const { factor, valueRange, interpolation, dtypePolicy } = this;
    const shared = { dtype: dtypePolicy.computeDtype, seed: 0 };
    const values = { ...shared, valueRange };
    const shape = [
      new RandomShear(factor, factor, { ...shared, interpolation }),
      new RandomTranslation(factor, factor, { ...shared, interpolation }),
      new RandomRotation(factor, { ...shared, interpolation }),
      new RandomPosterization(Math.max(1, Math.trunc(8 * factor[1])), values),
      new Solarization({ ...values, additionFactor: factor, thresholdFactor: factor }),
      new AutoContrast({ valueRange }),
      new Equalization({ valueRange }),
    ];
    const colors = [
      new RandomBrightness(factor, values),
      new RandomColorDegeneration(factor, values),
      new RandomContrast(factor, values),
      new RandomSharpness(factor, values),
    ];
    return (all ? [...shape, ...colors] : shape) as readonly unknown[] as readonly Step[];
  }

  /** Each layer as a function, with its random numbers drawn. */
  protected changes(images: Tensor, random: Generator, all: boolean): readonly Change[] {
    return this.steps(all).map((layer) => {
      const drawn = layer.draw(images, random);
      return (x) => layer.transform(x, drawn);
    });
  }

  /** The layers inside have no weights, and draw from this one's stream. */
  protected override sublayers(): readonly never[] {
    return [];
  }

  override getConfig(): Config {
    const { valueRange, factor, interpolation } = this;
    return { ...super.getConfig(), value_range: valueRange, factor, interpolation };
  }
}

/** Options of {@link RandAugment}. */
export interface RandAugmentOptions extends AugmentOptions {
  /** How many layers are applied. Default 2. */
  readonly numOps?: number | undefined;
  /** How strong they are, in [0, 1]; a number n stands for [0, n]. Default 0.5. */
  readonly factor?: Factor | undefined;
}

interface Choices {
  readonly choices: Tensor;
  readonly changes: readonly Change[];
}

/**
 * In training applies `numOps` layers that are drawn from eleven, one after the other (E. Cubuk and others, 2019): shear,
 * translation, rotation, posterization, solarization, auto-contrast, equalization, brightness, color degeneration, contrast,
 * sharpness. The whole batch goes through the same layers, each image with numbers of its own. Images have 3 channels.
 *
 * @throws ConfigError unless the factor lies in [0, 1].
 * @example new RandAugment({ numOps: 3, factor: 0.3, seed: 1 }).apply(images);
 */
export class RandAugment extends ChoiceLayer<Choices> {
  static override readonly className: string = 'RandAugment';
  static override readonly options: readonly string[] = [
    'valueRange',
    'numOps',
    'factor',
    'interpolation',
    'seed',
    'dataFormat',
  ];
  readonly numOps: number;

  constructor(options: RandAugmentOptions = {}) {
    super('RandAugment', options.factor ?? 0.5, options);
    this.numOps = checkCount(this.label, 'numOps', options.numOps ?? 2);
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Choices {
    const changes = this.changes(images, random, true);
    return { choices: random.randint([this.numOps], 0, changes.length), changes };
  }

  override transform(images: Tensor, { choices, changes }: Choices): Tensor {
    return Array.from({ length: this.numOps }, (_, k) => reshape(choices.slice(k, 1), [])).reduce(
      (x, choice) => switchCase(choice, changes, x),
      images,
    );
  }

  override getConfig(): Config {
    return { ...super.getConfig(), num_ops: this.numOps };
  }
}

/** Options of {@link AugMix}. */
export interface AugMixOptions extends AugmentOptions {
  /** How many chains are mixed. Default 3. */
  readonly numChains?: number | undefined;
  /** How many layers a chain has at most. Default 3. */
  readonly chainDepth?: number | undefined;
  /** How strong layers are, in [0, 1]; a number n stands for [0, n]. Default 0.3. */
  readonly factor?: Factor | undefined;
  /** Parameter of the Dirichlet and beta distributions that weights come from. Default 1. */
  readonly alpha?: number | undefined;
  /** Whether layers that change colors take part. Default true. */
  readonly allOps?: boolean | undefined;
}

interface Chains extends Choices {
  readonly weights: Tensor;
  readonly own: Tensor;
}

/**
 * In training mixes images with several chains of layers applied to them (D. Hendrycks and others, 2019):
 * w·image + (1 − w)·Σ weight·chain. Each step of a chain is drawn from the layers of {@link RandAugment}, or is none; the
 * whole batch goes through the same ones. Images have 3 channels.
 *
 * @throws ConfigError unless the factor lies in [0, 1].
 * @example new AugMix({ factor: 0.2, seed: 1 }).apply(images);
 */
export class AugMix extends ChoiceLayer<Chains> {
  static override readonly className: string = 'AugMix';
  static override readonly options: readonly string[] = [
    'valueRange',
    'numChains',
    'chainDepth',
    'factor',
    'alpha',
    'allOps',
    'interpolation',
    'seed',
    'dataFormat',
  ];
  readonly numChains: number;
  readonly chainDepth: number;
  readonly alpha: number;
  readonly allOps: boolean;

  constructor(options: AugMixOptions = {}) {
    super('AugMix', options.factor ?? 0.3, options);
    this.numChains = checkCount(this.label, 'numChains', options.numChains ?? 3);
    this.chainDepth = checkCount(this.label, 'chainDepth', options.chainDepth ?? 3);
    this.alpha = options.alpha ?? 1;
    if (!(this.alpha > 0)) throw new ConfigError(`AugMix: alpha must be positive, got ${describe(options.alpha)}`);
    this.allOps = options.allOps ?? true;
  }

  override draw(images: Tensor, random: Generator = this.seedGenerator): Chains {
    const { numChains, chainDepth, alpha } = this;
    const changes = [...this.changes(images, random, this.allOps), (x: Tensor): Tensor => x];
    const shares = randomOps.gamma([numChains], alpha, { seed: random, dtype: images.dtype });
    return {
      changes,
      choices: random.randint([numChains * chainDepth], 0, changes.length),
      weights: div(shares, sum(shares)),
      own: reshape(randomOps.beta([1], alpha, alpha, { seed: random, dtype: images.dtype }), []),
    };
  }

  override transform(images: Tensor, { changes, choices, weights, own }: Chains): Tensor {
    let mixed = zerosLike(images);
    for (let chain = 0; chain < this.numChains; chain++) {
      let x = images;
      for (let step = 0; step < this.chainDepth; step++) {
        x = switchCase(reshape(choices.slice(chain * this.chainDepth + step, 1), []), changes, x);
      }
      mixed = add(mixed, mul(x, weights.slice(chain, 1)));
    }
    return clip(add(mul(own, images), mul(sub(1, own), mixed)), ...this.valueRange);
  }

  override getConfig(): Config {
    const { numChains, chainDepth, alpha, allOps } = this;
    return { ...super.getConfig(), num_chains: numChains, chain_depth: chainDepth, alpha, all_ops: allOps };
  }
}
