/**
 * Features and crosses: how the columns of a table are prepared.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { checkCount, checkWord } from '../../base/checks.ts';
import { isSerialized, type Config, type ConfigValue } from '../../base/config.ts';
import { Layer } from '../../base/layer.ts';
import { serializeNested, type LayerLoader } from '../../base/nested.ts';

/** What columns hold. */
export type FeatureDType = 'float32' | 'int32' | 'string';

/** What becomes of a feature: numbers, indices, or vectors with a 1 at the index. */
export type FeatureOutput = 'float' | 'int' | 'one_hot';

const OUTPUTS = ['float', 'int', 'one_hot'] as const;

/** A layer that can learn from data. */
export interface Adaptable {
  adapt(data: AsyncIterable<unknown>): Promise<void>;
}

/** Whether a layer learns from data. */
export const isAdaptable = (layer: unknown): layer is Adaptable =>
  typeof (layer as Adaptable | null)?.adapt === 'function';

/** How one column is prepared. */
export class Feature {
  readonly dtype: FeatureDType;
  /** The layer that prepares the column; null for numbers that stay. */
  readonly preprocessor: Layer | null;
  readonly outputMode: FeatureOutput;

  constructor(dtype: FeatureDType, preprocessor: Layer | null, outputMode: FeatureOutput) {
    this.dtype = checkWord('FeatureSpace', 'dtype', dtype, ['float32', 'int32', 'string'] as const);
    if (preprocessor !== null && !((preprocessor as unknown) instanceof Layer)) {
      throw new ConfigError(`FeatureSpace: a preprocessor must be a layer, got ${describe(preprocessor)}`);
    }
    this.preprocessor = preprocessor;
    this.outputMode = checkWord('FeatureSpace', 'outputMode', outputMode, OUTPUTS);
  }

  getConfig(): Config {
    const { dtype, preprocessor, outputMode } = this;
    const layer: ConfigValue = preprocessor === null ? null : serializeNested(preprocessor);
    return { dtype, preprocessor: layer, output_mode: outputMode };
  }

  static fromConfig(config: Config, load: LayerLoader): Feature {
    const { dtype, preprocessor, output_mode: mode } = config;
    const layer = isSerialized(preprocessor) && preprocessor.class_name !== 'Identity' ? load(preprocessor) : null;
    return new Feature(dtype as FeatureDType, layer as Layer | null, mode as FeatureOutput);
  }
}

/** Features whose combinations count. */
export class Cross {
  readonly featureNames: readonly string[];
  readonly crossingDim: number;
  readonly outputMode: 'int' | 'one_hot';

  constructor(featureNames: readonly string[], crossingDim: number, outputMode: 'int' | 'one_hot' = 'one_hot') {
    if (!Array.isArray(featureNames) || featureNames.length < 2) {
      throw new ConfigError(`FeatureSpace: a cross needs names of two features or more, got ${describe(featureNames)}`);
    }
    this.featureNames = featureNames;
    this.crossingDim = checkCount('FeatureSpace', 'crossingDim', crossingDim);
    this.outputMode = checkWord('FeatureSpace', 'outputMode', outputMode, ['int', 'one_hot'] as const);
  }

  /** The names of the features with `_X_` between. */
  get name(): string {
    return this.featureNames.join('_X_');
  }

  getConfig(): Config {
    const { featureNames, crossingDim, outputMode } = this;
    return { feature_names: featureNames, crossing_dim: crossingDim, output_mode: outputMode };
  }
}
