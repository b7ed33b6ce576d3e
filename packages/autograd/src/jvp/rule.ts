/**
 * What a rule of forward differentiation is, and helpers that rules share.
 */
import { zerosLike, type Tensor } from '@dl/tensor';
import { apply, type OpAttrs, type OpName } from '@dl/tensor/interpreter';
import type { RuleContext } from '../vjp/rule.ts';

/**
 * From the tangents of the inputs, null for zero and not all of them null, to the tangent of the first output; null for
 * zero. Other outputs are positions.
 */
export type JvpRule<K extends OpName> = (
  tangents: readonly (Tensor | null)[],
  context: RuleContext<K>,
) => Tensor | null;

/** The rule of an op that is linear in its only differentiable inputs, the first `count`: the op itself. */
export function linear<K extends OpName>(op: K, count: number = Infinity): JvpRule<K> {
  return (tangents, { inputs, attrs }) =>
    apply(
      op,
      inputs.map((input, k) => (k < count ? (tangents[k] ?? zerosLike(input)) : input)),
      attrs as OpAttrs[K],
    );
}

/** The rule of an op that is linear in each of two inputs. */
export function bilinear<K extends OpName>(op: K): JvpRule<K> {
  return ([da, db], { inputs: [a, b], attrs }) => {
    const first = da && apply(op, [da, b!], attrs);
    const second = db && apply(op, [a!, db], attrs);
    return first && second ? first.add(second) : (first ?? second ?? null);
  };
}
