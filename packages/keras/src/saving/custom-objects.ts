/**
 * Classes and functions of users by the names they have in files: registered ones, those of a scope, and those of a call.
 */
import { setRegisteredName } from '@dl/layers';
import { registeredLayer } from '@dl/layers/registry';
import { ConfigError, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** A class whose objects can be made from their configuration, or a function that is known by its name. */
export type CustomObject = { fromConfig(config: never, ...rest: never[]): object } | ((...args: never[]) => unknown);

/** Classes and functions by the names they have in files. */
export type CustomObjects = Readonly<Record<string, CustomObject>>;

/** Options of {@link registerKerasSerializable}. */
export interface RegisterOptions {
  /** Tells classes of one name apart; 'Custom' unless given. */
  readonly package?: string | undefined;
  /** The class name unless given. */
  readonly name?: string | undefined;
}

/** Hard sigmoid as it was before Keras 3 and is in TensorFlow.js: 0.2x + 0.5, limited to [0, 1]. */
const oldHardSigmoid = (x: Tensor): Tensor => x.mul(0.2).add(0.5).maximum(0).minimum(1);

/** Its name in files. */
export const OLD_HARD_SIGMOID = 'dl>hard_sigmoid_02';
setRegisteredName(oldHardSigmoid, OLD_HARD_SIGMOID);

const registered = /* @__PURE__ */ new Map<string, CustomObject>([[OLD_HARD_SIGMOID, oldHardSigmoid]]);
let scopes: readonly CustomObjects[] = [];

const nameOf = (object: CustomObject): string => {
  const { className, name } = object as { readonly className?: string; readonly name: string };
  return Object.hasOwn(object, 'className') ? className! : name;
};

/** Whether it is a class with `fromConfig`. */
export const isConfigurable = (object: unknown): object is { fromConfig(config: unknown, load?: unknown): object } =>
  typeof (object as { fromConfig?: unknown } | null)?.fromConfig === 'function';

/**
 * Makes a class or function of your own known to saving and loading, under the name `package>name`, as
 * `keras.saving.register_keras_serializable`: layers, models, losses, metrics, initializers, regularizers, constraints,
 * optimizers, schedules, and functions such as activations. Give classes a static `className` where names may be minified.
 *
 * @returns the class or function.
 * @throws ConfigError for something that is no class with `fromConfig` nor a named function, and for a name that is taken.
 * @example saving.registerKerasSerializable(Scale, { package: 'my_package' });
 */
export function registerKerasSerializable<T extends CustomObject>(object: T, options: RegisterOptions = {}): T {
  if (typeof object !== 'function') {
    throw new ConfigError(`registerKerasSerializable: expected a class or a function, got ${describe(object)}`);
  }
  const { package: prefix = 'Custom', name = nameOf(object) } = options;
  if (name === '' || name.includes('>') || prefix.includes('>')) {
    throw new ConfigError(`registerKerasSerializable: give the function a name without '>': { name: 'my_function' }`);
  }
  const full = `${prefix}>${name}`;
  const other = registered.get(full);
  if (other !== undefined && other !== object) {
    throw new ConfigError(
      `registerKerasSerializable: there is another object named '${full}'; choose another package or name`,
    );
  }
  registered.set(full, object);
  setRegisteredName(object, full);
  return object;
}

/**
 * What is registered under `package>name`; undefined where nothing is.
 *
 * @example saving.getRegisteredObject('my_package>Scale');
 */
export function getRegisteredObject(name: string): CustomObject | undefined {
  return registered.get(name);
}

/**
 * Runs a function while these classes and functions are known by name; they win over registered and built-in ones.
 *
 * @example await saving.customObjectScope({ Scale: MyScale }, () => models.loadModel('model.keras'));
 */
export async function customObjectScope<R>(objects: CustomObjects, run: () => R | Promise<R>): Promise<R> {
  const outer = scopes;
  scopes = [objects, ...outer];
  try {
    return await run();
  } finally {
    scopes = outer;
  }
}

/** Finds what names in files stand for: first among those of the call, then of scopes, then among registered ones. */
export class CustomLookup {
  readonly #tables: readonly CustomObjects[];

  constructor(objects: CustomObjects = {}) {
    this.#tables = [objects, ...scopes];
  }

  /** The class or function of a user with one of these names; undefined where there is none. */
  find(className: string, registeredName?: unknown): CustomObject | undefined {
    const names = [className, ...(typeof registeredName === 'string' ? [registeredName] : [])];
    for (const table of this.#tables) {
      for (const name of names) if (Object.hasOwn(table, name)) return table[name];
    }
    const full = names.at(-1)!;
    const bare = full.slice(full.indexOf('>') + 1);
    const byPackage = full.includes('>') ? registered.get(full) : undefined;
    return byPackage ?? registered.get(`Custom>${bare}`) ?? (registeredLayer(bare) as CustomObject | undefined);
  }

  /** Names that are known, for messages. */
  get names(): readonly string[] {
    return [...this.#tables.flatMap((table) => Object.keys(table)), ...registered.keys()];
  }
}
