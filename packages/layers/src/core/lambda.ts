/**
 * Lambda: a function as a layer.
 */
import { ConfigError, unknownName, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config, ConfigValue } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import { Layer, type CallContext, type LayerOptions } from '../base/layer.ts';
import { shapeList, type LayerShapes, type Mask, type ShapesOf, type Tensors } from '../base/tensors.ts';

/** What a {@link Lambda} computes, in ops. It is told of training and mask, and the layer's `arguments`. */
export type LambdaFunction<I extends Tensors = Tensor, O extends Tensors = Tensor> = (
  inputs: I,
  context: CallContext & Readonly<Record<string, unknown>>,
) => O;

/** A registered function in a configuration. */
interface StoredFunction {
  readonly module: string;
  readonly class_name: 'function';
  readonly config: string;
  readonly registered_name: string;
}

/** Options of {@link Lambda}. */
export interface LambdaOptions extends LayerOptions {
  /** Shape of the output without the batch, or a function from the input's shape to the whole; found by tracing unless given. */
  readonly outputShape?: LayerShape | ((inputShape: LayerShapes) => LayerShape) | null | undefined;
  /** The mask of the output, or a function that gives it; none unless given. */
  readonly mask?: Tensor | ((inputs: Tensors, mask: Mask) => Tensor | null) | null | undefined;
  /** Plain values passed on to the function with the context. */
  readonly arguments?: Readonly<Record<string, ConfigValue>> | null | undefined;
}

const functions = /* @__PURE__ */ new Map<string, LambdaFunction<never, Tensors>>();

/**
 * Gives a function the name by which a {@link Lambda} stores it, and finds it again when a model is loaded.
 *
 * @throws ConfigError when another function has the name.
 * @example registerLambda('square', (x) => x.square());
 */
export function registerLambda<I extends Tensors = Tensor>(name: string, fn: LambdaFunction<I, Tensors>): void {
  const known = functions.get(name);
  if (known !== undefined && known !== fn) throw new ConfigError(`registerLambda: another function is named '${name}'`);
  functions.set(name, fn as LambdaFunction<never, Tensors>);
}

const isStored = (value: unknown): value is StoredFunction =>
  typeof value === 'object' && value !== null && (value as Partial<StoredFunction>).class_name === 'function';

function resolve(where: string, value: unknown): LambdaFunction<never, Tensors> {
  if (typeof value === 'function') return value as LambdaFunction<never, Tensors>;
  const name = isStored(value) ? value.config : value;
  if (typeof name === 'string') {
    return functions.get(name) ?? unknownName(where, 'registered function', name, [...functions.keys()]);
  }
  throw new ConfigError(
    `${where}: expected a function or the name of one given to registerLambda, got ${describe(value)}`,
  );
}

/**
 * A function of tensors as a layer. The function must be made of ops, as `call` of any layer; it has no weights.
 *
 * A function is stored by name: give it one with {@link registerLambda}, before saving and before loading. Code is never
 * stored, so `getConfig` refuses other functions, and Python functions in files cannot be loaded.
 *
 * @throws ConfigError from `getConfig` for a function without a name.
 * @example new Lambda((x) => x.square()).apply([1, 2, 3]); // [1, 4, 9]
 */
export class Lambda<I extends Tensors = Tensor, O extends Tensors = Tensor> extends Layer<I, O> {
  static override readonly className: string = 'Lambda';
  static override readonly positional: readonly string[] = ['function'];
  static override readonly options: readonly string[] = ['outputShape', 'mask', 'arguments'];
  readonly function: LambdaFunction<I, O>;
  readonly arguments: Readonly<Record<string, ConfigValue>>;
  readonly #outputShape: LambdaOptions['outputShape'];
  readonly #mask: LambdaOptions['mask'];

  /** @param fn The function, or the name it is registered by. */
  constructor(fn: LambdaFunction<I, O> | string | StoredFunction, options: LambdaOptions = {}) {
    super(options);
    this.function = resolve(this.label, fn) as unknown as LambdaFunction<I, O>;
    this.arguments = options.arguments ?? {};
    this.#outputShape = options.outputShape ?? null;
    this.#mask = options.mask ?? null;
  }

  override call(inputs: I, context: CallContext): O {
    return this.function(inputs, { ...this.arguments, ...context });
  }

  override computeMask(inputs: I, mask: Mask): Tensor | null {
    const own = this.#mask ?? null;
    return typeof own === 'function' ? own(inputs, mask) : own;
  }

  override computeOutputShape(inputShape: ShapesOf<I>): ShapesOf<O> {
    const own = this.#outputShape;
    if (own === null || own === undefined) return super.computeOutputShape(inputShape);
    if (typeof own === 'function') return own(inputShape) as ShapesOf<O>;
    const first = shapeList(inputShape)[0]!;
    return [first[0] ?? null, ...own] as LayerShape as ShapesOf<O>;
  }

  override getConfig(): Config {
    const [name] = [...functions].find(([, fn]) => (fn as unknown) === this.function) ?? [null];
    if (name === null) {
      throw new ConfigError(
        `${this.label}: its function cannot be stored; name it first: registerLambda('my_function', fn)`,
      );
    }
    if (typeof this.#outputShape === 'function' || this.#mask !== null) {
      throw new ConfigError(`${this.label}: an outputShape that is a function, and a mask, cannot be stored`);
    }
    const stored = { module: 'builtins', class_name: 'function', config: name, registered_name: name };
    return {
      ...super.getConfig(),
      function: stored,
      ...(this.#outputShape === null ? {} : { output_shape: this.#outputShape as LayerShape }),
      arguments: this.arguments,
    };
  }
}
