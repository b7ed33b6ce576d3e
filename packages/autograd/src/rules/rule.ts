/**
 * What a derivative rule is, and helpers that rules share.
 */
import { sum, reshape, type Tensor } from '@dl/tensor';
import { composite, sameShape, type OpAttrs, type OpName } from '@dl/tensor/interpreter';

/** Everything a rule may use. */
export interface RuleContext<K extends OpName> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attrs: OpAttrs[K];
}

/**
 * From the cotangent of the first output to the cotangents of the inputs, as functions that are called only for inputs
 * whose gradient is wanted; null for inputs that have none.
 */
export type VjpRule<K extends OpName> = (dy: Tensor, context: RuleContext<K>) => readonly ((() => Tensor) | null)[];

/** Sums a cotangent over the axes along which its input was broadcast. */
export function unbroadcast(dy: Tensor, like: Tensor): Tensor {
  if (sameShape(dy.shape, like.shape)) return dy;
  const lead = dy.rank - like.rank;
  const axes = dy.shape.flatMap((n, axis) => (axis < lead || (like.shape[axis - lead] === 1 && n !== 1) ? [axis] : []));
  return reshape(sum(dy, axes), like.shape);
}

/** A rule of an elementwise op with one input; the whole derivative runs as one kernel. */
export function unaryRule<K extends OpName>(
  op: K,
  derivative: (dy: Tensor, x: Tensor, y: Tensor) => Tensor,
): VjpRule<K> {
  const run = composite<object>(`${op}Grad`, ([dy, x, y]) => derivative(dy!, x!, y!));
  return (dy, { inputs, outputs }) => [() => run([dy, inputs[0]!, outputs[0]!], {})];
}

/** A rule of an elementwise op with two inputs. */
export function binaryRule<K extends OpName>(
  op: K,
  first: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
  second: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor,
): VjpRule<K> {
  const runFirst = composite<object>(`${op}GradFirst`, ([dy, a, b, y]) => first(dy!, a!, b!, y!));
  const runSecond = composite<object>(`${op}GradSecond`, ([dy, a, b, y]) => second(dy!, a!, b!, y!));
  return (dy, { inputs: [a, b], outputs: [y] }) => [
    () => unbroadcast(runFirst([dy, a!, b!, y!], {}), a!),
    () => unbroadcast(runSecond([dy, a!, b!, y!], {}), b!),
  ];
}
