/**
 * LoRA: a kernel that stays as it is, and a low-rank change of it that is learnt.
 */
import { add, ConfigError, matmul, mul, reshape, type Tensor } from '@dl/tensor';
import { checkCount } from '../base/checks.ts';
import { withPath } from '../base/call-context.ts';
import type { Config } from '../base/config.ts';
import { Layer, type LayerOptions } from '../base/layer.ts';
import type { Weight } from '../base/weight.ts';
import type { WeightSettings } from '../base/weight-settings.ts';
import * as initializers from '../initializers.ts';

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

/** A layer with one main weight that LoRA can adapt (E. Hu et al., 2021). */
export abstract class LoraLayer<C extends object = object> extends Layer<Tensor, Tensor, C> {
  #rank: number | null;
  #alpha: number | null;
  #main: Weight | null = null;
  #settings: WeightSettings | null = null;
  #factors: Factors | null = null;

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
  protected addMain(name: string, shape: readonly number[], settings: WeightSettings): void {
    this.#settings = settings;
    this.#main = this.addWeight({ name, shape, ...settings });
  }

  /** Makes the factors if the options ask for them. */
  protected addFactors(): void {
    if (this.#rank !== null) this.#enable(this.#rank, {});
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
    const [main, factors] = [this.#main!, this.#factors];
    if (factors === null) return main.read();
    const { a, b } = factors;
    const change = reshape(matmul(reshape(a, [-1, a.shape.at(-1)!]), b), main.shape);
    return add(main, mul(change, this.#scale()));
  }

  /** Rows of the main weight with those of its change, picked by a function. */
  protected adaptedRows(pick: (table: Tensor) => Tensor): Tensor {
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
