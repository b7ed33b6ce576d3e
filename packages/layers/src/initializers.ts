/**
 * Initializers: first values of weights, as `keras.initializers`; classes and resolution by name.
 */
import { ConfigError } from '@dl/tensor';
import { resolveObject, serializeObject, type ConfigurableClass, type Serialized } from './base/config.ts';
import { Constant, Identity, Initializer, Ones, Zeros } from './initializers/constant.ts';
import { Orthogonal, RandomNormal, RandomUniform, TruncatedNormal } from './initializers/random.ts';
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  VarianceScaling,
} from './initializers/variance-scaling.ts';

export * from './initializers/constant.ts';
export * from './initializers/random.ts';
export * from './initializers/stft.ts';
export * from './initializers/variance-scaling.ts';

const CLASSES: Readonly<Record<string, ConfigurableClass<Initializer>>> = {
  zeros: Zeros,
  zero: Zeros,
  ones: Ones,
  one: Ones,
  constant: Constant,
  identity: Identity,
  random_normal: RandomNormal,
  normal: RandomNormal,
  random_uniform: RandomUniform,
  uniform: RandomUniform,
  truncated_normal: TruncatedNormal,
  variance_scaling: VarianceScaling,
  glorot_uniform: GlorotUniform,
  glorot_normal: GlorotNormal,
  he_uniform: HeUniform,
  he_normal: HeNormal,
  lecun_uniform: LecunUniform,
  lecun_normal: LecunNormal,
  orthogonal: Orthogonal,
  IdentityInitializer: Identity,
  OrthogonalInitializer: Orthogonal,
};

/** An initializer, its name, or its stored configuration. */
export type InitializerLike = Initializer | string | Serialized;

/**
 * Resolves an initializer.
 *
 * @throws ConfigError with the nearest names for one that is unknown.
 * @example get('he_normal');
 */
export function get(identifier: InitializerLike): Initializer {
  const found = resolveObject(identifier, Initializer, CLASSES, 'initializers', 'initializer');
  if (found === null) throw new ConfigError('initializers: expected a name or an initializer, got null');
  return found;
}

/** The stored form of an initializer. */
export function serialize(initializer: Initializer): Serialized {
  return serializeObject(initializer, 'keras.initializers');
}

export { get as deserialize };
