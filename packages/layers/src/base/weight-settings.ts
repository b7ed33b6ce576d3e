/**
 * How a layer's weight starts, is penalized and is constrained: the options that come in threes.
 */
import { withLabel } from '@dl/tensor/interpreter';
import type { Config, ConfigValue } from './config.ts';
import * as constraints from '../constraints.ts';
import * as initializers from '../initializers.ts';
import * as regularizers from '../regularizers.ts';

/** The options `<prefix>Initializer`, `<prefix>Regularizer` and `<prefix>Constraint`. */
export type WeightOptionsOf<P extends string> = {
  readonly [K in `${P}Initializer`]?: initializers.InitializerLike | undefined;
} & {
  readonly [K in `${P}Regularizer`]?: regularizers.RegularizerLike | undefined;
} & {
  readonly [K in `${P}Constraint`]?: constraints.ConstraintLike | undefined;
};

/** What `addWeight` takes of these. */
export interface WeightSettings {
  readonly initializer: initializers.Initializer;
  readonly regularizer: regularizers.Regularizer | null;
  readonly constraint: constraints.Constraint | null;
}

/** Reads the three options of one weight; `label` names the layer in messages. */
export function weightSettings<P extends string>(
  label: string,
  options: WeightOptionsOf<P>,
  prefix: P,
  initializer: string,
): WeightSettings {
  const given = options as Readonly<Record<string, unknown>>;
  return withLabel(label, () => ({
    initializer: initializers.get((given[`${prefix}Initializer`] ?? initializer) as initializers.InitializerLike),
    regularizer: regularizers.get(given[`${prefix}Regularizer`] as regularizers.RegularizerLike),
    constraint: constraints.get(given[`${prefix}Constraint`] as constraints.ConstraintLike),
  }));
}

/** The three options under Keras's names. */
export function weightConfig(prefix: string, settings: WeightSettings): Config {
  const config: Record<string, ConfigValue> = {};
  config[`${prefix}_initializer`] = initializers.serialize(settings.initializer);
  config[`${prefix}_regularizer`] = regularizers.serialize(settings.regularizer);
  config[`${prefix}_constraint`] = constraints.serialize(settings.constraint);
  return config;
}
