/**
 * Optimizers by name and by stored form.
 */
import { ConfigError, unknownName } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Adafactor } from './adafactor.ts';
import { Adadelta, Adagrad, RMSprop } from './adaptive.ts';
import { Adam, Adamax, AdamW, Nadam } from './adam.ts';
import { classNameOf, type Config, type ConfigValue } from './config.ts';
import { Ftrl } from './ftrl.ts';
import { Lamb, Lion } from './lion-lamb.ts';
import { LossScaleOptimizer } from './loss-scale.ts';
import { MultiOptimizer, OptimizerMap } from './multi-optimizer.ts';
import { Muon } from './muon.ts';
import { Optimizer } from './optimizer.ts';
import { LearningRateSchedule } from './schedules/learning-rate-schedule.ts';
import { deserializeSchedule, type StoredSchedule } from './schedules/registry.ts';
import { ScheduleFreeAdamW } from './schedule-free.ts';
import { SGD } from './sgd.ts';

const CLASSES: Readonly<Record<string, { fromConfig(config: Config): Optimizer }>> = {
  sgd: SGD,
  rmsprop: RMSprop,
  adam: Adam,
  adamw: AdamW,
  adamax: Adamax,
  nadam: Nadam,
  adagrad: Adagrad,
  adadelta: Adadelta,
  adafactor: Adafactor,
  ftrl: Ftrl,
  lamb: Lamb,
  lion: Lion,
  muon: Muon,
  schedulefreeadamw: ScheduleFreeAdamW,
};

/** An optimizer in the form Keras stores it. */
export interface StoredOptimizer {
  readonly class_name: string;
  readonly config: Config;
}

/** An optimizer, its name, or its stored form. */
export type OptimizerLike = Optimizer | string | StoredOptimizer;

/**
 * Resolves an optimizer; a name gives one with its defaults.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('adam');
 */
export function get(identifier: OptimizerLike): Optimizer {
  if (identifier instanceof Optimizer) return identifier;
  if (typeof identifier === 'string') return find(identifier).fromConfig({});
  if (typeof identifier === 'object' && identifier !== null && typeof identifier.class_name === 'string') {
    const { config } = identifier;
    if (identifier.class_name === 'LossScaleOptimizer') {
      return LossScaleOptimizer.around(get(config['inner_optimizer'] as unknown as StoredOptimizer), config);
    }
    if (identifier.class_name === 'MultiOptimizer') return multi(config);
    const rate = config['learning_rate'];
    const stored = typeof rate === 'object' && rate !== null && !((rate as unknown) instanceof LearningRateSchedule);
    // The constructor takes a schedule as an object, which a plain configuration cannot hold.
    const schedule = stored ? (deserializeSchedule(rate as unknown as StoredSchedule) as unknown as ConfigValue) : rate;
    return find(identifier.class_name).fromConfig({ ...config, learning_rate: schedule });
  }
  throw new ConfigError(`optimizers: expected an optimizer or its name, got ${describe(identifier)}`);
}

/** A MultiOptimizer with its map. */
function multi(config: Config): MultiOptimizer {
  const { config: stored } = config['optimizer_map'] as unknown as { readonly config: Config };
  const entries = Object.entries(stored['optimizer_map'] as unknown as Record<string, StoredOptimizer>);
  const map = new OptimizerMap(
    get(stored['default_optimizer'] as unknown as StoredOptimizer),
    Object.fromEntries(entries.map(([key, one]) => [key, get(one)])),
  );
  return new MultiOptimizer(map, {
    name: config['name'] as string | undefined,
    lossScaleFactor: config['loss_scale_factor'] as number | null | undefined,
  });
}

function find(name: string): { fromConfig(config: Config): Optimizer } {
  const key = name.toLowerCase();
  return Object.hasOwn(CLASSES, key)
    ? CLASSES[key]!
    : unknownName('optimizers', 'optimizer', name, Object.keys(CLASSES));
}

/** The stored form of an optimizer. */
export function serialize(optimizer: Optimizer): StoredOptimizer & {
  readonly module: string | null;
  readonly registered_name: string | null;
} {
  const known = Object.hasOwn(optimizer.constructor, 'className');
  const name = classNameOf(optimizer);
  return {
    module: known ? 'keras.optimizers' : null,
    class_name: name,
    config: optimizer.getConfig(),
    registered_name: known ? null : `Custom>${name}`,
  };
}
