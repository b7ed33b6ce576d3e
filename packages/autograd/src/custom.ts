/**
 * customGradient, customVjp, customJvp and onGradient: functions with a derivative of one's own.
 */
import { zeros, type Tensor, type TensorLike } from '@dl/tensor';
import { apply, asTensor, type Callee, type CalleeJvp, type CalleeVjp } from '@dl/tensor/interpreter';
import { checkFunction } from './arguments.ts';
import { vjp } from './grad.ts';

/** What a custom derivative gets. */
export interface CustomGradientContext {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  /** The cotangent of the output. */
  readonly cotangent: Tensor;
}

function called(callee: Callee): (...inputs: TensorLike[]) => Tensor {
  return (...inputs) =>
    apply(
      'call',
      inputs.map((x) => asTensor(x, callee.name)),
      { callee, attrs: {}, key: '' },
    );
}

/**
 * A backward rule turned round: it is linear in the cotangent, and its own derivative by that, in the direction of the
 * tangents, is the forward rule.
 */
function transposed(rule: CalleeVjp): CalleeJvp {
  return (inputs, outputs, tangents, attrs) => {
    const weighted = (...cotangents: Tensor[]): Tensor =>
      rule(inputs, outputs, cotangents, attrs).reduce<Tensor>(
        (sum, part, k) => {
          const tangent = tangents[k];
          return part && tangent ? sum.add(part().mul(tangent).sum()) : sum;
        },
        zeros([], outputs[0]!.dtype),
      );
    const { value, pullback } = vjp(weighted, ...outputs.map((output) => zeros(output.shape, output.dtype)));
    return pullback(zeros([], value.dtype).add(1));
  };
}

/**
 * Gives `f` the derivative `gradient`, which returns one cotangent per input (null for none). Both are written in
 * ordinary ops and must depend on their arguments only. Higher derivatives go through `gradient`; so does forward
 * differentiation, which takes it as linear in the cotangent.
 *
 * @example
 * // Identity whose gradient is clipped.
 * const clipped = customGradient((x) => x.mul(1), ({ cotangent }) => [clip(cotangent, -1, 1)]);
 */
export function customGradient(
  f: (...inputs: Tensor[]) => Tensor,
  gradient: (context: CustomGradientContext) => readonly (Tensor | null)[],
): (...inputs: TensorLike[]) => Tensor {
  const rule: CalleeVjp = (inputs, [output], [cotangent]) => {
    const parts = gradient({ inputs, output: output!, cotangent: cotangent! });
    return parts.map((part) => part && (() => part));
  };
  return called({
    name: f.name || 'customGradient',
    body: (inputs) => [f(...inputs)],
    vjp: rule,
    jvp: transposed(rule),
  });
}

/** The two halves of a backward rule. */
export interface CustomVjpRule<R> {
  /** The value, and what the way back needs: tensors made from the inputs. */
  readonly forward: (...inputs: Tensor[]) => { readonly value: Tensor; readonly residuals: R };
  /** From the residuals and the cotangent of the value to the cotangents of the inputs; null for none. */
  readonly backward: (residuals: R, cotangent: Tensor) => readonly (Tensor | null)[];
}

/**
 * Gives `f` a backward rule in two halves. `forward` is computed again on the way back, so that nothing but inputs is
 * kept. All three are written in ordinary ops and must depend on their arguments only. As `jax.custom_vjp`.
 *
 * @example
 * const root = customVjp((x) => x.sqrt(), {
 *   forward: (x) => ({ value: x.sqrt(), residuals: x.sqrt() }),
 *   backward: (y, dy) => [dy.div(y.mul(2))],
 * });
 */
export function customVjp<R>(
  f: (...inputs: Tensor[]) => Tensor,
  { forward, backward }: CustomVjpRule<R>,
): (...inputs: TensorLike[]) => Tensor {
  for (const part of [f, forward, backward]) checkFunction(part, 'customVjp');
  return customGradient(f, ({ inputs, cotangent }) => backward(forward(...inputs).residuals, cotangent));
}

/**
 * Gives `f` the forward rule `rule`, from inputs and their tangents (zeros where there are none) to the tangent of the
 * output. It must be linear in the tangents: reverse differentiation goes through it backwards. Both are written in
 * ordinary ops and must depend on their arguments only. As `jax.custom_jvp`.
 *
 * @example
 * // log(1 + e^x) with a slope that stays right for large x.
 * const softplus = customJvp((x) => log1p(exp(x)), ([x], [dx]) => sigmoid(x!).mul(dx!));
 */
export function customJvp(
  f: (...inputs: Tensor[]) => Tensor,
  rule: (inputs: readonly Tensor[], tangents: readonly Tensor[]) => Tensor,
): (...inputs: TensorLike[]) => Tensor {
  for (const part of [f, rule]) checkFunction(part, 'customJvp');
  const zero = ({ shape, dtype }: Tensor): Tensor => zeros(shape, dtype);
  return called({
    name: f.name || 'customJvp',
    body: (inputs) => [f(...inputs)],
    jvp: (inputs, _, tangents) => [
      rule(
        inputs,
        inputs.map((input, k) => tangents[k] ?? zero(input)),
      ),
    ],
    vjp: (inputs, _, [cotangent]) => {
      const pull = (k: number) => (): Tensor => {
        const along = (tangent: Tensor): Tensor =>
          rule(
            inputs,
            inputs.map((input, i) => (i === k ? tangent : zero(input))),
          );
        return vjp(along, zero(inputs[k]!)).pullback(cotangent!)[0];
      };
      return inputs.map((_input, k) => pull(k));
    },
  });
}

/**
 * `x` itself; when a gradient comes back through it, `hook` gets that and returns what goes on instead. Forward
 * differentiation passes it by.
 *
 * @example const y = layer.apply(onGradient(x, (g) => clip(g, -1, 1)));
 */
export function onGradient(x: TensorLike, hook: (gradient: Tensor) => Tensor): Tensor {
  checkFunction(hook, 'onGradient');
  return called({
    name: 'onGradient',
    body: ([value]) => [apply('reshape', [value!], { shape: value!.shape })],
    vjp: (_, __, [gradient]) => [() => hook(gradient!)],
    jvp: (_, __, [tangent]) => [tangent!],
  })(x);
}
