/**
 * Variable: a cell that holds a tensor and can be given another one. The state of layers, optimizers and generators.
 */
import { checkDType, type DType } from './dtype.ts';
import { DisposedError, DTypeError, ShapeError } from './errors.ts';
import { currentInterpreter, withInterpreter, type Interpreter } from './runtime/interpreter.ts';
import { describe, formatShape, sameShape, type Shape } from './shape.ts';
import { Tensor } from './tensor.ts';
import { tensor, type TensorLike } from './create.ts';
import { contiguousCopy } from './runtime/eager.ts';

/** What a variable is for: learnt by gradients, other state of a layer, or state of an optimizer. */
export type VariableKind = 'trainable' | 'state' | 'slot';

export interface VariableOptions {
  /** Name within its owner, for messages and files; default 'variable'. */
  readonly name?: string;
  readonly kind?: VariableKind;
  /** Whether optimizers may change it; default: whether the kind is 'trainable'. */
  readonly trainable?: boolean;
  readonly dtype?: DType;
}

let nextId = 0;

/**
 * A mutable cell for an immutable tensor of fixed shape and dtype.
 * Ops accept variables wherever they accept tensors. Give a function to make the first value when it is first needed.
 *
 * @example
 * const w = new Variable(zeros([3]), { name: 'w' });
 * w.assign(w.value.add(1));
 */
export class Variable {
  readonly id: number = nextId++;
  name: string;
  readonly kind: VariableKind;
  trainable: boolean;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Counts assignments; programs that depend on the value compare it. */
  version = 0;
  #tensor: Tensor | null;
  #initial: (() => Tensor) | null;
  #disposed = false;

  constructor(initial: TensorLike | (() => Tensor), options: VariableOptions & { readonly shape?: Shape } = {}) {
    this.name = options.name ?? 'variable';
    this.kind = options.kind ?? 'trainable';
    this.trainable = options.trainable ?? this.kind === 'trainable';
    if (typeof initial === 'function' && options.shape !== undefined) {
      this.#tensor = null;
      this.#initial = initial;
      this.shape = options.shape;
      this.dtype = checkDType(options.dtype ?? 'float32', 'Variable');
      return;
    }
    // The first value is made outside all interpreters, so that a trace or tape never records it.
    const first = withInterpreter(null, () =>
      typeof initial === 'function' ? initial() : tensor(initial, options.dtype),
    );
    this.#tensor = first.share();
    this.#initial = null;
    this.shape = first.shape;
    this.dtype = first.dtype;
  }

  /** The present value, as a tensor of its own: it stays as it is when the variable changes. */
  get value(): Tensor {
    return this.readUnder(currentInterpreter(), true);
  }

  /** The present value for an op: under a tape or a trace, what that makes of reading. */
  read(): Tensor {
    return this.readUnder(currentInterpreter(), false);
  }

  /** @internal What an interpreter makes of reading; with `keep`, a value that outlives the next assignment. */
  readUnder(interpreter: Interpreter, keep: boolean): Tensor {
    if (interpreter.readVariable) return interpreter.readVariable(this, keep);
    return keep ? this.peek().alias() : this.peek();
  }

  /** @internal The variable's own tensor, past all interpreters; valid until the next assignment. */
  peek(): Tensor {
    if (this.#disposed) throw new DisposedError(`Variable '${this.name}' is used after dispose()`);
    if (this.#tensor === null) {
      const first = withInterpreter(null, this.#initial!);
      this.#check(first, 'its initializer');
      this.#tensor = first.share();
      this.#initial = null;
    }
    return this.#tensor;
  }

  /** @internal Whether a tensor is the variable's own, which its next assignment disposes. */
  owns(tensor: unknown): boolean {
    return this.#tensor !== null && tensor === this.#tensor;
  }

  /** Replaces the value. Tensors read before keep theirs. */
  assign(value: TensorLike): this {
    const given = value instanceof Tensor || value instanceof Variable;
    const next = value instanceof Variable ? value.read() : tensor(value, given ? undefined : this.dtype);
    this.#check(next, 'assign');
    const interpreter = currentInterpreter();
    if (interpreter.assignVariable) interpreter.assignVariable(this, next);
    else {
      this.poke(next);
      // Made here, so nobody else lets go of it.
      if (!given) next.dispose();
    }
    return this;
  }

  /**
   * @internal The variable's own tensor, row-major from the start of its memory; with `alone`, in memory that nothing
   * else sees, so that a program may write there.
   */
  resident(alone: boolean): Tensor {
    const tensor = this.peek();
    const { storage, layout, offset } = tensor;
    const fits = storage !== null && layout.contiguous && offset === 0 && storage.size === layout.size;
    if (fits && !(alone && storage.shared)) return tensor;
    const copy = withInterpreter(null, () => contiguousCopy(tensor));
    this.#tensor = copy.share();
    copy.dispose();
    tensor.dispose();
    return this.#tensor;
  }

  /** Replaces the value, past all interpreters. */
  poke(value: Tensor): void {
    if (this.#disposed) throw new DisposedError(`Variable '${this.name}' is assigned after dispose()`);
    const next = value.share();
    this.#tensor?.dispose();
    this.#tensor = next;
    this.#initial = null;
    this.version++;
  }

  /** Adds to the value. */
  assignAdd(value: TensorLike): this {
    return this.assign(this.read().add(value));
  }

  /** Subtracts from the value. */
  assignSub(value: TensorLike): this {
    return this.assign(this.read().sub(value));
  }

  #check(next: Tensor, what: string): void {
    if (!(next instanceof Tensor))
      throw new DTypeError(`Variable '${this.name}': ${what} gave ${describe(next)}, expected a tensor`);
    if (!sameShape(next.shape, this.shape)) {
      throw new ShapeError(
        `Variable '${this.name}': ${what} got shape ${formatShape(next.shape)}, expected ${formatShape(this.shape)}`,
      );
    }
    if (next.dtype !== this.dtype) {
      throw new DTypeError(`Variable '${this.name}': ${what} got ${next.dtype}, expected ${this.dtype}; use cast()`);
    }
  }

  /** Gives the memory back. */
  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = null;
    this.#disposed = true;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Variable(${this.name}, ${this.dtype}${formatShape(this.shape)})`;
  }
}
