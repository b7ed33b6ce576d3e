/**
 * LoRA: a kernel that stays as it is, and a low-rank change of it that is learnt.
 */
import { add, cast, ConfigError, div, matmul, mul, reshape, type Shape, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkCount } from '../base/checks.ts';
import { isTraining, withPath } from '../base/call-context.ts';
import type { Config } from '../base/config.ts';
import { DTypePolicy } from '../base/dtype-policy.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import type { StoredParts } from '../base/stored-parts.ts';
import type { Weight } from '../base/weight.ts';
import type { WeightSettings } from '../base/weight-settings.ts';
import * as initializers from '../initializers.ts';
import { absMaxQuantize } from '../quantizers/abs-max.ts';

/** Options of layers that can be adapted by LoRA. */
export interface LoraLayerOptions extends LayerOptions {
  /** Rank of the change, if the layer is to be adapted from the start; none unless given. */
  readonly loraRank?: number | null | undefined;
  /** The change counts loraAlpha / loraRank times; loraRank unless given. */
  readonly loraAlpha?: number | null | undefined;
}

/** Options of `enableLora`. */
export interface LoraOptions {
  /** The change counts loraAlpha / rank times; rank unless given. */
  readonly loraAlpha?: number | null | undefined;
  /** Of the first factor, 'he_uniform' unless given. */
  readonly aInitializer?: initializers.InitializerLike | undefined;
  /** Of the second factor, 'zeros' unless given, so that nothing changes at first. */
  readonly bInitializer?: initializers.InitializerLike | undefined;
}

/** Names of {@link LoraLayerOptions} beside those of every layer. */
export const LORA_OPTIONS: readonly string[] = ['loraRank', 'loraAlpha'];

/** Factors of a change: a [..., rank] and b [rank, last]. */
interface Factors {
  readonly a: Weight;
  readonly b: Weight;
}

/** How the scales of a quantized main weight are found and stored. */
export interface ScaleForm {
  /** Axes of the weight that share a scale. */
  readonly axes: readonly number[];
  /** Shape of the scales as they are stored. */
  readonly shape: Shape;
  /** Scales as they are stored, from those with all axes of the weight; reshaped unless given. */
  readonly store?: (scale: Tensor) => Tensor;
  /** Stored scales with all axes of the weight. */
  readonly spread: (scale: Tensor) => Tensor;
}

/** A quantized main weight for a call: main ≈ values / scale. */
export interface QuantizedMain {
  /** Whole numbers as float32. */
  readonly values: Tensor;
  /** As it is stored. */
  readonly scale: Tensor;
}

/**
 * A layer with one main weight, which LoRA can adapt (E. Hu et al., 2021), and which can be kept in eight bits.
 */
export abstract class LoraLayer<C extends object = object> extends Layer<Tensor, Tensor, C> {
  #rank: number | null;
  #alpha: number | null;
  #main: Weight | null = null;
  #settings: WeightSettings | null = null;
  #factors: Factors | null = null;
  #form: ScaleForm | null = null;
  #scales: Weight | null = null;

  constructor(options: LoraLayerOptions = {}) {
    super(options);
    const { loraRank = null, loraAlpha = null } = options;
    this.#rank = loraRank === null ? null : checkCount(this.label, 'loraRank', loraRank);
    this.#alpha = loraAlpha;
  }

  /** Rank of the change, or null without one. */
  get loraRank(): number | null {
    return this.#rank;
  }

  /** The change counts loraAlpha / loraRank times. */
  get loraAlpha(): number | null {
    return this.#alpha ?? this.#rank;
  }

  /** Whether the main weight is frozen and a change of it is learnt. */
  get loraEnabled(): boolean {
    return this.#factors !== null;
  }

  /** The main weight without its change, or null before the layer is built. */
  protected get mainWeight(): Weight | null {
    return this.#main;
  }

  /** Makes the main weight; {@link addFactors} must follow when all others are made. */
  protected addMain(name: string, shape: Shape, settings: WeightSettings, form: ScaleForm): void {
    this.#settings = settings;
    this.#form = form;
    const { quantizationMode: dtype } = this.dtypePolicy;
    const stored = { initializer: 'zeros', dtype: dtype!, trainable: false } as const;
    this.#main = this.addWeight({ name, shape, ...(dtype === null ? settings : stored) });
  }

  /** Makes the factors if the options ask for them, and the scales of a quantized weight. */
  protected addFactors(): void {
    const { quantizationMode } = this.dtypePolicy;
    if (quantizationMode !== null) {
      const name = `${this.#main!.name}_scale`;
      this.#scales = this.addWeight({ name, shape: this.#form!.shape, initializer: 'ones', trainable: false });
    }
    if (this.#rank === null) return;
    if (quantizationMode !== null) {
      throw new ConfigError(`${this.label}: LoRA on quantized weights is not supported; leave loraRank out`);
    }
    this.#enable(this.#rank, {});
  }

  /**
   * Keeps the main weight as int8 numbers with a float32 scale for each output (for each row of a table), a quarter of the
   * size, with the change by LoRA in it. Calls then round their inputs to int8, too, row by row, as Keras does. The layer
   * cannot be trained any more.
   *
   * @throws ConfigError for a layer that is not built or is quantized already, and for modes other than 'int8'.
   * @example layer.quantize('int8');
   */
  quantize(mode: 'int8'): void {
    if (mode !== 'int8') throw new ConfigError(`${this.label}: quantize knows the mode 'int8', got ${describe(mode)}`);
    const [main, form, factors] = [this.#main, this.#form, this.#factors];
    if (main === null) throw new ConfigError(`${this.label}: quantize needs a built layer; call it on data first`);
    if (this.#scales !== null) throw new ConfigError(`${this.label}: the layer is quantized already`);
    const [values, scale] = absMaxQuantize(cast(this.adapted(), 'float32'), form!.axes);
    const settings = this.#settings!;
    const old = factors === null ? [main] : [main, factors.a, factors.b];
    [this.#rank, this.#alpha, this.#factors] = [null, null, null];
    this.replaceWeights(old, new DTypePolicy(`int8_from_${this.dtypePolicy.name}`));
    withPath(main.path.slice(0, -main.name.length - 1), () => {
      this.addMain(main.name, main.shape, settings, form!);
      this.addFactors();
    });
    for (const weight of old) weight.dispose();
    this.#main!.assign(values);
    this.#scales!.assign(form!.store?.(scale) ?? reshape(scale, form!.shape));
  }

  /**
   * The main weight for a call if it is quantized, otherwise null.
   *
   * @throws ConfigError in training.
   */
  protected get quantizedMain(): QuantizedMain | null {
    if (this.#scales === null) return null;
    if (isTraining()) {
      throw new ConfigError(
        `${this.label}: its weights are quantized to int8 and cannot be trained; train first, and quantize after that`,
      );
    }
    return { values: cast(this.#main!.read(), 'float32'), scale: this.#scales.read() };
  }

  /** @internal The order of Keras's files: the main weight, others, scales. */
  override storedParts(): StoredParts {
    const parts = super.storedParts();
    const [main, scales] = [this.#main, this.#scales];
    if (scales === null) return parts;
    return { ...parts, weights: [main!, ...parts.weights.filter((w) => w !== main && w !== scales), scales] };
  }

  /**
   * Freezes the main weight and adds a change a · b · (alpha / rank) of this rank, which is learnt in its place. `mergeLora`
   * makes the change permanent.
   *
   * @throws ConfigError for a layer that is not built, is adapted already, or has a constraint on the main weight.
   * @example layer.enableLora(4);
   */
  enableLora(rank: number, options: LoraOptions = {}): void {
    checkCount(this.label, 'rank', rank);
    const main = this.#main;
    if (main === null) throw new ConfigError(`${this.label}: enableLora needs a built layer; call it on data first`);
    if (this.#scales !== null) throw new ConfigError(`${this.label}: LoRA on quantized weights is not supported`);
    if (this.loraEnabled) throw new ConfigError(`${this.label}: LoRA is enabled already; it can be enabled once`);
    this.#alpha = options.loraAlpha ?? null;
    withPath(main.path.slice(0, -main.name.length - 1), () => this.#enable(rank, options));
  }

  #enable(rank: number, { aInitializer = 'he_uniform', bInitializer = 'zeros' }: LoraOptions): void {
    const [main, settings] = [this.#main!, this.#settings!];
    if (settings.constraint !== null) {
      throw new ConfigError(
        `${this.label}: LoRA does not go with a constraint on '${main.name}'; leave one of them out`,
      );
    }
    const { regularizer } = settings;
    const shared = { dtype: main.dtype, regularizer };
    const [shapeA, shapeB] = [
      [...main.shape.slice(0, -1), rank],
      [rank, main.shape.at(-1)!],
    ];
    const a = this.addWeight({ name: `lora_${main.name}_a`, shape: shapeA, initializer: aInitializer, ...shared });
    const b = this.addWeight({ name: `lora_${main.name}_b`, shape: shapeB, initializer: bInitializer, ...shared });
    main.trainable = false;
    this.#rank = rank;
    this.#factors = { a, b };
  }

  /** Adds the change to the main weight for good and starts a new one; outputs stay as they are. */
  mergeLora(): void {
    if (this.#factors === null) {
      throw new ConfigError(`${this.label}: mergeLora needs a layer with LoRA; call enableLora first`);
    }
    this.#main!.assign(this.adapted());
    this.#factors.b.assign(initializers.get('zeros').apply(this.#factors.b.shape, this.#factors.b.dtype));
  }

  /** The main weight with its change. */
  protected adapted(): Tensor {
    const [main, factors, quantized] = [this.#main!, this.#factors, this.quantizedMain];
    if (quantized !== null) {
      return cast(div(quantized.values, this.#form!.spread(quantized.scale)), this.computeDtype);
    }
    if (factors === null) return main.read();
    const { a, b } = factors;
    const change = reshape(matmul(reshape(a, [-1, a.shape.at(-1)!]), b), main.shape);
    return add(main, mul(change, this.#scale()));
  }

  /** Rows of the main weight with those of its change, picked by a function. */
  protected adaptedRows(pick: (table: Tensor) => Tensor): Tensor {
    const quantized = this.quantizedMain;
    if (quantized !== null) {
      // The int8 rows are picked before they are made floats.
      const values = cast(pick(this.#main!.read()), 'float32');
      return cast(div(values, pick(this.#form!.spread(quantized.scale))), this.computeDtype);
    }
    const rows = pick(this.#main!.read());
    if (this.#factors === null) return rows;
    return add(rows, mul(matmul(pick(this.#factors.a.read()), this.#factors.b), this.#scale()));
  }

  #scale(): number {
    return this.loraAlpha! / this.#rank!;
  }

  override getConfig(): Config {
    const config = super.getConfig();
    return this.#rank === null ? config : { ...config, lora_rank: this.#rank, lora_alpha: this.loraAlpha };
  }
}
