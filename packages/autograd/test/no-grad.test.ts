import { describe, expect, test } from 'vitest';
import { grad, hessian, jvp, noGrad, variableGrads, vmap, vjp } from '@dl/autograd';
import { jit, memory, setBackend, tensor, Variable, type Tensor } from '@dl/tensor';
import { reference } from '@dl/tensor/backend';

setBackend(reference());

const numbers = (x: Tensor): number[] => Array.from(x.dataSync());
const frozen = (x: Tensor): Tensor => x.mul(noGrad(() => x.square()));

describe('noGrad', () => {
  test('is the function where nothing is differentiated, without a copy', () => {
    const x = tensor([1, 2]);
    expect(noGrad(() => x)).toBe(x);
    expect(numbers(noGrad(() => ({ y: x.add(1) })).y)).toEqual([2, 3]);
  });

  test('makes constants for gradients of any order, also of what it passes through', () => {
    const x = tensor([2, 3]);
    expect(numbers(grad((v: Tensor) => frozen(v).sum())(x))).toEqual([4, 9]);
    expect(numbers(grad((v: Tensor) => v.mul(noGrad(() => v)).sum())(x))).toEqual([2, 3]);
    expect(numbers(grad((v: Tensor) => noGrad(() => ({ a: [v.square()] })).a[0]!.sum())(x))).toEqual([0, 0]);
    expect(numbers(hessian((v: Tensor) => frozen(v).sum())(x))).toEqual([0, 0, 0, 0]);
    const inside = (v: Tensor): Tensor =>
      noGrad(() => grad((u: Tensor) => u.square().sum())(v))
        .mul(v)
        .sum();
    expect(numbers(grad(inside)(x))).toEqual([4, 6]);
  });

  test('makes constants for forward derivatives, and under vmap and jit', () => {
    const x = tensor([2, 3]);
    const { value, tangent } = jvp(frozen, [x], [tensor([1, 1])]);
    expect(numbers(value)).toEqual([8, 27]);
    expect(numbers(tangent)).toEqual([4, 9]);
    expect(numbers(vmap(grad(frozen))(x))).toEqual([4, 9]);
    expect(numbers(grad((v: Tensor) => vmap(frozen)(v).sum())(x))).toEqual([4, 9]);
    const step = jit((v: Tensor) => grad((u: Tensor) => frozen(u).sum())(v));
    expect(numbers(step(x))).toEqual([4, 9]);
  });

  test('reads and assigns Variables', () => {
    const w = new Variable(tensor([3]));
    const average = new Variable(tensor([0]), { kind: 'state', trainable: false });
    const loss = (): Tensor => {
      const y = w.value.square();
      average.assign(y.mul(2));
      noGrad(() => average.assign(average.value.add(y)));
      return y.add(average.value).sum();
    };
    const { value, grads } = variableGrads(loss, [w]);
    expect(numbers(value)).toEqual([9 + 27]);
    expect(numbers(grads[0]!)).toEqual([6]);
    expect(numbers(average.value)).toEqual([27]);
  });

  test('leaves nothing on the tape', () => {
    const kept = (fn: (x: Tensor) => Tensor): number => {
      const before = memory().freed;
      const x = tensor([1, 2]);
      const { pullback } = vjp((v: Tensor) => {
        const y = fn(v);
        y.dispose();
        return v.mul(2);
      }, x);
      const freed = memory().freed - before;
      pullback(tensor([1, 1]));
      return freed;
    };
    expect(kept((x) => x.exp())).toBe(0);
    expect(kept((x) => noGrad(() => x.exp()))).toBe(1);
  });

  test('says what does not fit', () => {
    expect(() => noGrad(3 as never)).toThrow('noGrad: expected a function, got 3');
    expect(() => noGrad(() => Promise.resolve(1))).toThrow('noGrad: the function returned a promise');
  });
});
