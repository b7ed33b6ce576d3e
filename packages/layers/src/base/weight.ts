/**
 * Weight: a Variable of a layer, with what applies to it during training.
 */
import {
  ConfigError,
  ShapeError,
  tensor,
  Variable,
  type Shape,
  type Tensor,
  type TensorLike,
  type VariableOptions,
} from '@dl/tensor';
import { describe, formatShape, isFloating, sameShape } from '@dl/tensor/interpreter';
import { autocastDType } from './call-context.ts';
import type { Constraint } from '../constraints.ts';
import type { Regularizer } from '../regularizers.ts';

/** Options of {@link Weight}. */
export interface WeightOptions extends VariableOptions {
  readonly shape: Shape;
  /** Name with those of its owners: `sequential/dense/kernel`. */
  readonly path?: string;
  readonly regularizer?: Regularizer | null;
  readonly constraint?: Constraint | null;
  /** Whether layers that compute in another dtype read it in that; true for trainable floating weights. */
  readonly autocast?: boolean;
}

/** A Variable that belongs to a layer. Made by `layer.addWeight()`. */
export class Weight extends Variable {
  readonly path: string;
  /** Adds to the loss while the weight is trainable. */
  readonly regularizer: Regularizer | null;
  /** Applied by optimizers after each update. */
  readonly constraint: Constraint | null;
  readonly #autocast: boolean;

  constructor(initial: () => Tensor, options: WeightOptions) {
    super(initial, options);
    this.path = options.path ?? this.name;
    this.regularizer = options.regularizer ?? null;
    this.constraint = options.constraint ?? null;
    this.#autocast = options.autocast ?? (this.kind === 'trainable' && isFloating(this.dtype));
  }

  /** The value, in the dtype that the layer under way computes in. */
  override get value(): Tensor {
    return this.#cast(super.value);
  }

  override read(): Tensor {
    return this.#cast(super.read());
  }

  #cast(value: Tensor): Tensor {
    const dtype = autocastDType();
    return dtype === null || !this.#autocast || dtype === this.dtype ? value : value.cast(dtype);
  }
}

/** Sets weights to values in their order, all or none; `label` names their layer. */
export function setAll(label: string, weights: readonly Weight[], values: readonly TensorLike[]): void {
  if (!Array.isArray(values) || values.length !== weights.length) {
    const got = Array.isArray(values) ? String(values.length) : describe(values);
    const hint = weights.length === 0 ? '; a layer has its weights once it is built' : '';
    throw new ConfigError(`${label}: setWeights expected a list of ${weights.length} values, got ${got}${hint}`);
  }
  const next = (values as readonly TensorLike[]).map((value, i) => tensor(value, weights[i]!.dtype));
  next.forEach(({ shape }, i) => {
    const weight = weights[i]!;
    if (sameShape(shape, weight.shape)) return;
    throw new ShapeError(
      `${label}: weight '${weight.path}' has shape ${formatShape(weight.shape)}, got ${formatShape(shape)}`,
    );
  });
  weights.forEach((weight, i) => weight.assign(next[i]!));
}

/** Whether a value has state of its own, as random generators do. */
export function hasState(value: unknown): value is { readonly state: Variable } {
  return typeof value === 'object' && value !== null && (value as { state?: unknown }).state instanceof Variable;
}
