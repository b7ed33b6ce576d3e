/**
 * FeatureSpace: the columns of a table as one vector per row.
 */
import { concat, ConfigError, type Tensor } from '@dl/tensor';
import { castTo, describe, isFloating } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import { isSerialized, lookUp, type Config, type ConfigValue } from '../../base/config.ts';
import type { Layer } from '../../base/layer.ts';
import type { LayerLoader } from '../../base/nested.ts';
import { autoName } from '../../base/names.ts';
import type { Weight } from '../../base/weight.ts';
import { CategoryEncoding } from '../categorical/category-encoding.ts';
import { HashedCrossing } from '../categorical/hashed-crossing.ts';
import { Hashing } from '../categorical/hashing.ts';
import { IntegerLookup } from '../categorical/integer-lookup.ts';
import { IndexLookup } from '../categorical/index-lookup.ts';
import { StringLookup } from '../categorical/string-lookup.ts';
import { Discretization } from '../numerical/discretization.ts';
import { Normalization } from '../numerical/normalization.ts';
import { Rescaling } from '../rescaling.ts';
import { columnOf, fieldOf, recordOf, recordsOf, type Column } from './columns.ts';
import { Cross, Feature, isAdaptable, type FeatureDType, type FeatureOutput } from './feature.ts';

/** A kind of feature by its name in Keras, with defaults. */
export type FeatureKind =
  | 'float'
  | 'float_rescaled'
  | 'float_normalized'
  | 'float_discretized'
  | 'integer_categorical'
  | 'string_categorical'
  | 'integer_hashed'
  | 'string_hashed';

/** Options of {@link FeatureSpace}. */
export interface FeatureSpaceOptions {
  /** 'concat' (the default): one vector for each row. 'dict': a record of features. */
  readonly outputMode?: 'concat' | 'dict' | undefined;
  /** Features whose combinations count, by their names. Default none. */
  readonly crosses?: readonly (readonly string[] | Cross)[] | null | undefined;
  /** Number of bins of crosses given by names. Default 32. */
  readonly crossingDim?: number | undefined;
  /** Number of bins of hashed features given by name. Default 32. */
  readonly hashingDim?: number | undefined;
  /** Number of ranges of discretized features given by name. Default 32. */
  readonly numDiscretizationBins?: number | undefined;
  readonly name?: string | undefined;
}

/** Options of categorical features. */
export interface CategoricalOptions {
  /** Size of the vocabulary at most, special tokens included. Default no limit. */
  readonly maxTokens?: number | null | undefined;
  /** How many indices unknown values share. Default 1. */
  readonly numOovIndices?: number | undefined;
  /** Default 'one_hot'. */
  readonly outputMode?: FeatureOutput | undefined;
}

/** Options of discretized features. */
export interface DiscretizedOptions {
  /** Boundaries of the ranges, in place of learning them. */
  readonly binBoundaries?: readonly number[] | null | undefined;
  /** Default 'one_hot'. */
  readonly outputMode?: FeatureOutput | undefined;
}

/**
 * Prepares the columns of a table: each feature by a layer of its own, and crosses of features by a hash. `adapt` learns
 * what layers need from data; `apply` takes columns, or one sample, by the names of features, and gives one vector for each
 * row, or a record of features. Features come in the order of their names, then crosses in that of theirs.
 *
 * It works on the host, so it is applied to data, in `dataset.map` for example. As `keras.utils.FeatureSpace`.
 *
 * @throws ConfigError for features that are missing or not known, or that cannot be put into one vector.
 * @example
 * const space = new FeatureSpace({ age: 'float_normalized', job: FeatureSpace.stringCategorical() });
 * await space.adapt({ age: [20, 40], job: ['cook', 'nurse'] });
 * space.apply({ age: [30], job: ['cook'] }); // [[0, 0, 0, 1]]
 */
export class FeatureSpace {
  readonly name: string;
  readonly features: Readonly<Record<string, Feature>>;
  readonly crosses: readonly Cross[];
  /** The layer of each cross, by its name. */
  readonly crossers: Readonly<Record<string, HashedCrossing>>;
  readonly outputMode: 'concat' | 'dict';
  readonly crossingDim: number;
  readonly hashingDim: number;
  readonly numDiscretizationBins: number;

  constructor(features: Readonly<Record<string, FeatureKind | Feature>>, options: FeatureSpaceOptions = {}) {
    const { outputMode = 'concat', crosses, crossingDim = 32, hashingDim = 32, numDiscretizationBins = 32 } = options;
    this.name = options.name ?? autoName('feature_space');
    this.outputMode = checkWord('FeatureSpace', 'outputMode', outputMode, ['concat', 'dict'] as const);
    this.crossingDim = checkCount('FeatureSpace', 'crossingDim', crossingDim);
    this.hashingDim = checkCount('FeatureSpace', 'hashingDim', hashingDim);
    this.numDiscretizationBins = checkCount('FeatureSpace', 'numDiscretizationBins', numDiscretizationBins);
    if (typeof features !== 'object' || features === null || Object.keys(features).length === 0) {
      throw new ConfigError(`FeatureSpace: expected a record of features, got ${describe(features)}`);
    }
    this.features = Object.fromEntries(
      Object.entries(features).map(([key, value]) => [key, value instanceof Feature ? value : this.#known(value)]),
    );
    this.crosses = (crosses ?? []).map((cross) => (cross instanceof Cross ? cross : new Cross(cross, crossingDim)));
    for (const name of this.crosses.flatMap(({ featureNames }) => featureNames)) {
      if (!Object.hasOwn(this.features, name)) {
        throw new ConfigError(
          `FeatureSpace: a cross names '${name}', but there are the features ${Object.keys(this.features).join(', ')}`,
        );
      }
    }
    this.crossers = Object.fromEntries(
      this.crosses.map(({ name, crossingDim: bins }) => [name, new HashedCrossing(bins, { name })]),
    );
  }

  #known(kind: FeatureKind): Feature {
    const kinds: Record<FeatureKind, () => Feature> = {
      float: () => FeatureSpace.float(),
      float_rescaled: () => FeatureSpace.floatRescaled(),
      float_normalized: () => FeatureSpace.floatNormalized(),
      float_discretized: () => FeatureSpace.floatDiscretized(this.numDiscretizationBins),
      integer_categorical: () => FeatureSpace.integerCategorical(),
      string_categorical: () => FeatureSpace.stringCategorical(),
      integer_hashed: () => FeatureSpace.integerHashed(this.hashingDim),
      string_hashed: () => FeatureSpace.stringHashed(this.hashingDim),
    };
    return lookUp(kinds, kind, 'FeatureSpace', 'feature')();
  }

  // ---- kinds of features

  /** Numbers as they are. */
  static float(): Feature {
    return new Feature('float32', null, 'float');
  }

  /** x·scale + offset. */
  static floatRescaled(scale = 1, offset = 0): Feature {
    return new Feature('float32', new Rescaling(scale, { offset }), 'float');
  }

  /** Mean 0 and variance 1, as learned. */
  static floatNormalized(): Feature {
    return new Feature('float32', new Normalization(-1), 'float');
  }

  /** Ranges of numbers, by boundaries that are learned or given. */
  static floatDiscretized(numBins: number, options: DiscretizedOptions = {}): Feature {
    const { binBoundaries = null, outputMode = 'one_hot' } = options;
    const layer = binBoundaries === null ? new Discretization(null, { numBins }) : new Discretization(binBoundaries);
    return new Feature('float32', layer, outputMode);
  }

  /** Integers by a vocabulary that is learned. */
  static integerCategorical(options: CategoricalOptions = {}): Feature {
    const { maxTokens = null, numOovIndices = 1, outputMode = 'one_hot' } = options;
    return new Feature('int32', new IntegerLookup(maxTokens, { numOovIndices }), outputMode);
  }

  /** Strings by a vocabulary that is learned. */
  static stringCategorical(options: CategoricalOptions = {}): Feature {
    const { maxTokens = null, numOovIndices = 1, outputMode = 'one_hot' } = options;
    return new Feature('string', new StringLookup(maxTokens, { numOovIndices }), outputMode);
  }

  /** Integers by their hash. */
  static integerHashed(numBins: number, { outputMode = 'one_hot' }: CategoricalOptions = {}): Feature {
    return new Feature('int32', new Hashing(numBins), outputMode);
  }

  /** Strings by their hash. */
  static stringHashed(numBins: number, { outputMode = 'one_hot' }: CategoricalOptions = {}): Feature {
    return new Feature('string', new Hashing(numBins), outputMode);
  }

  /** Features whose combinations count, in so many bins. */
  static cross(featureNames: readonly string[], crossingDim: number, outputMode: 'int' | 'one_hot' = 'one_hot'): Cross {
    return new Cross(featureNames, crossingDim, outputMode);
  }

  /** A feature with a layer of your own. */
  static feature(dtype: FeatureDType, preprocessor: Layer, outputMode: FeatureOutput): Feature {
    return new Feature(dtype, preprocessor, outputMode);
  }

  // ---- learning and applying

  /** The layer of each feature, by its name; null for numbers that stay. */
  get preprocessors(): Readonly<Record<string, Layer | null>> {
    return Object.fromEntries(Object.entries(this.features).map(([key, { preprocessor }]) => [key, preprocessor]));
  }

  /** The weights of all layers: means and variances. */
  get weights(): readonly Weight[] {
    return Object.values(this.preprocessors).flatMap((layer) => layer?.weights ?? []);
  }

  /**
   * Learns what layers need: from columns by feature name, or from an iterable of samples or batches, such as a dataset. Of
   * items [features, labels], the features count.
   *
   * @throws ConfigError when a feature is missing.
   */
  async adapt(data: unknown): Promise<void> {
    const learning = Object.entries(this.features).filter(([, { preprocessor }]) => learns(preprocessor));
    const columns = new Map<string, Column[]>(learning.map(([key]) => [key, []]));
    for await (const record of recordsOf(data, this.name)) {
      for (const [key, list] of columns) list.push(columnOf(fieldOf(record, key, this.name), this.name).column);
    }
    for (const [key, { preprocessor }] of learning) {
      if (isAdaptable(preprocessor)) await preprocessor.adapt(streamOf(columns.get(key)!));
    }
  }

  /** One vector for each row of the columns, or a record of features, as `outputMode` says; for one sample, one vector. */
  apply(data: Readonly<Record<string, unknown>>): Tensor | Readonly<Record<string, Tensor>> {
    const record = recordOf(data, this.name);
    let one = false;
    const prepared: Record<string, Tensor> = {};
    for (const [key, feature] of Object.entries(this.features)) {
      const { column, single } = columnOf(fieldOf(record, key, this.name), this.name);
      one ||= single;
      prepared[key] = this.#prepare(key, feature, column);
    }
    const outputs: [string, Tensor][] = sorted(this.features).map((key) => [
      key,
      this.#output(key, prepared[key]!, this.features[key]!.outputMode, this.features[key]!.preprocessor),
    ]);
    for (const cross of [...this.crosses].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const crosser = this.crossers[cross.name]!;
      const bins = crosser.apply(cross.featureNames.map((key) => prepared[key]!));
      outputs.push([cross.name, this.#output(cross.name, bins, cross.outputMode, crosser)]);
    }
    const shaped = (t: Tensor): Tensor => (one ? t.squeeze(0) : t);
    if (this.outputMode === 'dict') return Object.fromEntries(outputs.map(([key, t]) => [key, shaped(t)]));
    for (const [key, t] of outputs) {
      if (isFloating(t.dtype)) continue;
      throw new ConfigError(
        `${this.name}: feature '${key}' is an index and cannot stand in a vector; use its outputMode 'one_hot', or outputMode 'dict'`,
      );
    }
    return shaped(
      concat(
        outputs.map(([, t]) => t),
        -1,
      ),
    );
  }

  #prepare(key: string, { preprocessor, dtype }: Feature, column: Column): Tensor {
    const strings = typeof column === 'string' || Array.isArray(column);
    if (strings !== (dtype === 'string')) {
      throw new ConfigError(
        `${this.name}: feature '${key}' takes ${dtype} values, got ${strings ? 'strings' : 'numbers'}`,
      );
    }
    if (preprocessor === null) return castTo(column as Tensor, 'float32');
    if (preprocessor instanceof Normalization && preprocessor.given === null && !preprocessor.built) {
      throw new ConfigError(`${this.name}: call adapt(data) first; feature '${key}' needs a mean`);
    }
    return preprocessor.apply(column as Tensor);
  }

  /** Vectors for indices, where a feature wants them. */
  #output(key: string, value: Tensor, mode: FeatureOutput, layer: Layer | HashedCrossing | null): Tensor {
    if (mode !== 'one_hot') return value;
    return new CategoryEncoding(this.#size(key, layer), { outputMode: 'multi_hot' }).apply(value);
  }

  /** How many indices a layer gives. */
  #size(key: string, layer: Layer | HashedCrossing | null): number {
    if (layer instanceof IndexLookup) return (layer as IndexLookup<string>).vocabularySize();
    if (layer instanceof Hashing || layer instanceof HashedCrossing) return layer.numBins;
    if (layer instanceof Discretization) return layer.binBoundaries!.length + 1;
    if (layer instanceof CategoryEncoding) return layer.numTokens;
    throw new ConfigError(
      `${this.name}: the number of categories of feature '${key}' is not known; use outputMode 'int' or 'float'`,
    );
  }

  // ---- configuration

  /** Options under Keras's names. Vocabularies and boundaries are part of it; means and variances are {@link weights}. */
  getConfig(): Config {
    const stored = (config: Config, name: string): ConfigValue => ({ module: null, class_name: name, config });
    const features = Object.entries(this.features).map(([key, f]) => [key, stored(f.getConfig(), 'Feature')]);
    return {
      name: this.name,
      features: Object.fromEntries(features) as Config,
      output_mode: this.outputMode,
      crosses: this.crosses.map((cross) => stored(cross.getConfig(), 'Cross')),
      crossing_dim: this.crossingDim,
      hashing_dim: this.hashingDim,
      num_discretization_bins: this.numDiscretizationBins,
    };
  }

  /**
   * Makes a space from what {@link getConfig} gave; `load` makes its layers.
   *
   * @example FeatureSpace.fromConfig(config, ({ class_name, config }) => deserializeLayer(class_name, config));
   */
  static fromConfig(config: Config, load: LayerLoader): FeatureSpace {
    const inner = (value: ConfigValue): Config => (isSerialized(value) ? value.config : (value as Config));
    const features = Object.entries(config['features'] as Config).map(([key, value]) => [
      key,
      typeof value === 'string' ? (value as FeatureKind) : Feature.fromConfig(inner(value), load),
    ]);
    const crosses = ((config['crosses'] ?? []) as readonly ConfigValue[]).map((value) => {
      const own = inner(value);
      return new Cross(
        own['feature_names'] as readonly string[],
        own['crossing_dim'] as number,
        own['output_mode'] as 'int' | 'one_hot',
      );
    });
    return new FeatureSpace(Object.fromEntries(features) as Record<string, Feature>, {
      crosses,
      outputMode: config['output_mode'] as 'concat' | 'dict',
      crossingDim: config['crossing_dim'] as number,
      hashingDim: config['hashing_dim'] as number,
      numDiscretizationBins: config['num_discretization_bins'] as number,
      name: config['name'] as string | undefined,
    });
  }
}

/** Names in the order that Python sorts them in. */
const sorted = (record: object): string[] => Object.keys(record).sort((a, b) => (a < b ? -1 : 1));

/** Whether a layer needs data: not where it was given what it would learn. */
function learns(layer: Layer | null): boolean {
  if (layer instanceof Normalization) return layer.given === null;
  if (layer instanceof Discretization) return layer.numBins !== null;
  return isAdaptable(layer);
}

/** A list as a stream, so that each item is a batch. */
async function* streamOf(list: readonly Column[]): AsyncGenerator<Column> {
  yield* list;
}
