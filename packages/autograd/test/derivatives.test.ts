/**
 * jacobian, hessian, hvp, and functions with derivatives of their own, in all their compositions.
 */
import {
  customGradient,
  customJvp,
  customVjp,
  grad,
  gradcheck,
  hessian,
  hvp,
  jacfwd,
  jacobian,
  jacrev,
  jvp,
  onGradient,
  valueAndGrad,
  variableGrads,
  vjp,
  vmap,
} from '@dl/autograd';
import { reference } from '@dl/tensor/backend';
import * as t from '@dl/tensor';
import { ConfigError, jit, setBackend, stack, tensor, Variable, type Tensor } from '@dl/tensor';
import { describe, expect, test } from 'vitest';
import { expectTensor } from './samples.ts';

setBackend(reference());

const f64 = (list: t.TensorLike): Tensor => tensor(list, 'float64');

describe('jacobian', () => {
  const x = f64([[0.5, -1, 2], [1, 3, 0.25]]); // prettier-ignore
  const f = (y: Tensor): Tensor =>
    t
      .sin(y)
      .matmul(y.transpose())
      .mul(f64([2, 3]));
  const n = [2, 2, 2, 3];

  test('has one derivative for every pair of elements, either way', () => {
    const numeric = (i: number): Tensor => {
      const h = tensor(
        Float64Array.from({ length: 6 }, (_, k) => (k === i ? 1e-6 : 0)),
        'float64',
        [2, 3],
      );
      return f(x.add(h))
        .sub(f(x.sub(h)))
        .div(2e-6);
    };
    const columns = stack([0, 1, 2, 3, 4, 5].map(numeric), -1).reshape(n);
    for (const way of [
      jacobian(f),
      jacobian(f, { mode: 'forward' }),
      jacfwd(f),
      jacrev(f),
      jit(jacrev(f)),
      jit(jacfwd(f)),
    ]) {
      expectTensor(way(x), columns, 1e-6, 'jacobian');
    }
    expectTensor(
      vmap(jacrev((row: Tensor) => row.square()))(x),
      vmap(jacfwd((row: Tensor) => row.square()))(x),
      0,
      'rows',
    );
  });

  test('of trees by trees', () => {
    const g = ({ a, b: [b] }: { a: Tensor; b: [Tensor] }, c: Tensor) => ({
      y: a.mul(c),
      z: [b.mul(b).sum()],
      text: 'kept',
    });
    const args = [{ a: f64([1, 2]), b: [f64([3, 4, 5])] as [Tensor] }, f64([10, 20])] as const;
    for (const mode of ['forward', 'reverse'] as const) {
      const both = jacobian(g, { argnums: [0, 1], mode })(...args) as {
        y: [{ a: Tensor; b: [Tensor] }, Tensor];
        z: [[{ a: Tensor; b: [Tensor] }, Tensor]];
        text: string;
      };
      expect(both.text).toBe('kept');
      expect(both.y[0].a.arraySync()).toEqual([[10, 0], [0, 20]]); // prettier-ignore
      expect(both.y[0].b[0].arraySync()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
      expect(both.y[1].arraySync()).toEqual([[1, 0], [0, 2]]); // prettier-ignore
      expect(both.z[0][0].b[0].arraySync()).toEqual([6, 8, 10]);
      expect(both.z[0][1].arraySync()).toEqual([0, 0]);
    }
  });

  test('what does not fit is said', () => {
    expect(() => jacobian(f, { mode: 'sideways' as never })).toThrow(ConfigError);
    expect(() => jacobian(f, { argnums: 1 })(x)).toThrow('argnums 1 names no argument');
    expect(() => jacobian(1 as never)).toThrow('expected a function');
  });
});

describe('second derivatives', () => {
  const f = (x: Tensor, w: Tensor): Tensor => t.exp(x.mul(w)).add(t.sin(x).mul(x.sum())).sum();
  const [x, w, v] = [f64([0.5, -1, 2]), f64([1, 0.3, -0.5]), f64([1, 2, 3])];

  test('hessian, by every order of directions', () => {
    const wanted = hessian(f)(x, w);
    expect(wanted.shape).toEqual([3, 3]);
    expectTensor(wanted, wanted.transpose(), 1e-12, 'symmetric');
    const g = grad(f);
    for (const other of [
      jacrev(g),
      jacfwd(g),
      jacfwd(jacfwd(f)),
      jacrev(jacfwd(f)),
      jacrev(jacrev(f)),
      jit(hessian(f)),
    ]) {
      expectTensor(other(x, w), wanted, 1e-12, 'hessian');
    }
    const blocks = hessian(f, { argnums: [0, 1] as never })(x, w) as unknown as Tensor[][];
    expectTensor(blocks[0]![0]!, wanted, 1e-12, 'first block');
    expectTensor(blocks[0]![1]!, blocks[1]![0]!.transpose(), 1e-12, 'mixed blocks');
  });

  test('hvp is the product, without the matrix', () => {
    const [hx] = hvp((y: Tensor) => f(y, w), [x], [v]);
    expectTensor(hx, hessian(f)(x, w).matmul(v), 1e-12, 'hvp');
    const both = hvp(f, [x, w], [v, null]);
    expectTensor(both[0], hx, 1e-12, 'hvp of two');
    const picked = (y: Tensor, i: Tensor, n: number): Tensor => t.gather(y, i).square().mul(n).sum();
    const [hy, hi] = hvp(picked, [x, tensor([0, 2], 'int32'), 3], [v, null, null]);
    expect([hy.arraySync(), hi.arraySync()]).toEqual([[6, 0, 18], [0, 0]]); // prettier-ignore
    expectTensor(jit((d: Tensor) => hvp((y: Tensor) => f(y, w), [x], [d])[0])(v), hx, 1e-12, 'compiled');
  });

  test('a pull-back that is called inside another gradient is differentiated', () => {
    const { pullback } = vjp((y: Tensor) => y.mul(y), x);
    expectTensor(grad((u: Tensor) => pullback(u)[0].sum())(v), x.mul(2), 1e-12, 'through a pull-back');
  });

  test('per-example gradients are those of each example', () => {
    const xs = f64([[1, 2, 3], [0.1, -1, 0], [4, 0.5, 1]]); // prettier-ignore
    const each = stack([0, 1, 2].map((i) => grad(f)(xs.at(i), w)));
    expectTensor(vmap(grad(f), { inAxes: [0, null] })(xs, w), each, 1e-12, 'vmap of grad');
    expectTensor(grad((all: Tensor) => vmap(f, { inAxes: [0, null] })(all, w).sum())(xs), each, 1e-12, 'grad of vmap');
    const { value, grads } = vmap(valueAndGrad(f), { inAxes: [0, null] })(xs, w);
    expectTensor(value, stack([0, 1, 2].map((i) => f(xs.at(i), w))), 1e-12, 'values');
    expectTensor(grads, each, 1e-12, 'gradients');
  });
});

describe("derivatives of one's own", () => {
  const x = f64([0.3, -2, 1.5]);
  // Twice the true derivative, so that it shows which one is used.
  const double = customGradient(
    (y) => t.sin(y),
    ({ inputs: [y], cotangent }) => [cotangent.mul(t.cos(y!)).mul(2)],
  );
  const slope = t.cos(x).mul(2);

  test('customGradient is used in every direction and on examples', () => {
    const ones = t.onesLike(x);
    const total = (y: Tensor): Tensor => double(y).sum();
    expectTensor(grad(total)(x), slope, 1e-12, 'grad');
    expectTensor(jvp(double, [x], [ones]).tangent, slope, 1e-12, 'jvp');
    expectTensor(vmap(grad((y: Tensor) => double(y)))(x), slope, 1e-12, 'vmap of grad');
    expectTensor(grad((y: Tensor) => vmap(double)(y).sum())(x), slope, 1e-12, 'grad of vmap');
    expectTensor(vmap((y: Tensor) => jvp(double, [y], [t.onesLike(y)]).tangent)(x), slope, 1e-12, 'vmap of jvp');
    expectTensor(jvp(vmap(double), [x], [ones]).tangent, slope, 1e-12, 'jvp of vmap');
    expectTensor(jit(grad(total))(x), slope, 1e-12, 'jit');
    const second = t.sin(x).mul(-2);
    expectTensor(hessian(total)(x), t.eye(3, 3, 0, 'float64').mul(second), 1e-12, 'hessian');
    expectTensor(grad((y: Tensor) => jvp(double, [y], [ones]).tangent.sum())(x), second, 1e-12, 'grad of jvp');
    // A shared input gets the sum over the examples.
    const scale = customGradient(
      (y, s) => y.mul(s),
      ({ inputs: [y, s], cotangent }) => [cotangent.mul(s!), cotangent.mul(y!)],
    );
    expect(grad((s: Tensor) => vmap((y: Tensor) => scale(y, s))(x).sum())(f64(3)).itemSync()).toBeCloseTo(
      x.sum().itemSync(),
      12,
    );
  });

  test('customVjp in two halves', () => {
    const root = customVjp((y) => t.sqrt(y), {
      forward: (y) => ({ value: t.sqrt(y), residuals: [t.sqrt(y)] }),
      backward: ([y], dy) => [dy.div(y!.mul(2)).mul(3)],
    });
    const at = f64([4, 9]);
    expectTensor(root(at), f64([2, 3]), 1e-12, 'value');
    expectTensor(grad((y: Tensor) => root(y).sum())(at), f64([0.75, 0.5]), 1e-12, 'grad');
    expectTensor(vmap(grad((y: Tensor) => root(y)))(at), f64([0.75, 0.5]), 1e-12, 'vmap');
    expect(() => customVjp((y) => y, { forward: 1, backward: 2 } as never)).toThrow(ConfigError);
  });

  test('customJvp in every direction and on examples', () => {
    const odd = customJvp(
      (y, z) => t.sin(y).mul(z),
      ([y, z], [dy, dz]) =>
        dy!
          .mul(t.cos(y!))
          .mul(z!)
          .mul(2)
          .add(dz!.mul(t.sin(y!))),
    );
    const z = f64([1, 2, 3]);
    const [dx, dz] = [t.cos(x).mul(z).mul(2), t.sin(x)];
    expectTensor(jvp(odd, [x, z], [t.onesLike(x), null]).tangent, dx, 1e-12, 'jvp');
    const both = grad((a: Tensor, b: Tensor) => odd(a, b).sum(), { argnums: [0, 1] })(x, z) as unknown as Tensor[];
    expectTensor(both[0]!, dx, 1e-12, 'grad by the first');
    expectTensor(both[1]!, dz, 1e-12, 'grad by the second');
    expectTensor(vmap(grad((y: Tensor, w: Tensor) => odd(y, w)))(x, z), dx, 1e-12, 'vmap of grad');
    expectTensor(
      vmap((a: Tensor, b: Tensor) => jvp(odd, [a, b], [t.onesLike(a), null]).tangent)(x, z),
      dx,
      1e-12,
      'vmap of jvp',
    );
    expectTensor(jvp(vmap(odd), [x, z], [t.onesLike(x), null]).tangent, dx, 1e-12, 'jvp of vmap');
    expectTensor(grad((a: Tensor) => vmap(odd)(a, z).sum())(x), dx, 1e-12, 'grad of vmap');
    const second = t.sin(x).mul(z).mul(-2);
    expectTensor(grad((a: Tensor) => grad((b: Tensor) => odd(b, z).sum())(a).sum())(x), second, 1e-12, 'twice');
    expectTensor(
      jit(jacfwd(grad((b: Tensor) => odd(b, z).sum())))(x),
      t.eye(3, 3, 0, 'float64').mul(second),
      1e-12,
      'hessian',
    );
    expect(() => customJvp((y) => y, null as never)).toThrow(ConfigError);
  });

  test('onGradient sees the gradient, of each example where there are many, and passes tangents by', () => {
    const f = (y: Tensor): Tensor => t.sin(onGradient(y.mul(2), (g) => t.clip(g, -0.5, 0.5))).sum();
    const wanted = t.clip(t.cos(x.mul(2)), -0.5, 0.5).mul(2);
    expectTensor(grad(f)(x), wanted, 1e-12, 'grad');
    expectTensor(jit(grad(f))(x), wanted, 1e-12, 'jit');
    expectTensor(vmap(grad(f))(x), wanted, 1e-12, 'vmap of grad');
    expectTensor(grad((y: Tensor) => vmap(f)(y).sum())(x), wanted, 1e-12, 'grad of vmap');
    expectTensor(jvp((y: Tensor) => onGradient(y, t.neg), [x], [x]).tangent, x, 0, 'jvp');
    const seen: number[] = [];
    grad((y: Tensor) =>
      onGradient(y, (g) => (seen.push(...g.dataSync()), g))
        .mul(3)
        .sum(),
    )(x);
    expect(seen).toEqual([3, 3, 3]);
    expect(() => onGradient(x, 3 as never)).toThrow('expected a function');
  });
});

describe('gradcheck', () => {
  test('finds wrong derivatives of either direction', () => {
    const wrong = customGradient(
      (y) => t.sin(y),
      ({ cotangent }) => [cotangent],
    );
    expect(() => gradcheck((y) => wrong(y!), [[0.5, 1]])).toThrow('first derivative by input 0 at element 0');
    const ahead = customJvp(
      (y) => t.sin(y),
      ([y], [dy]) => dy!.mul(t.cos(y!)),
    );
    gradcheck((y) => ahead(y!), [[0.5, 1]], { order: 2 });
    const behind = customGradient(
      (y) => t.sin(y),
      ({ inputs: [y], cotangent }) => [cotangent.mul(t.cos(y!))],
    );
    gradcheck((y) => behind(y!), [[0.5, 1]], { order: 2 });
    // A clipped cotangent is not linear, so the forward direction cannot follow it.
    const clipped = (y?: Tensor): Tensor => onGradient(y!, (g) => t.clip(g, -0.1, 0.1)).mul(0.05);
    gradcheck(clipped, [[0.5, 1]], { forward: false });
    expect(() => gradcheck((y) => onGradient(y!, (g) => g), [[1]], { order: 3 as never })).toThrow(ConfigError);
    const skewed = (y?: Tensor): Tensor => customJvpOf(y!);
    expect(() => gradcheck(skewed, [[0.5, 1]])).toThrow('forward differentiation gives the first derivative');
  });
});

/** The sine, whose forward rule is wrong and whose gradient is right. */
function customJvpOf(y: Tensor): Tensor {
  const wrong = customJvp(
    (z) => t.sin(z),
    ([z], [dz]) => dz!.mul(t.cos(z!)).mul(2),
  );
  // The hook halves what comes back, and leaves tangents as they are.
  return wrong(onGradient(y, (g) => g.mul(0.5)));
}

describe('a Variable that is assigned and read again', () => {
  const step = (v: Variable): readonly Tensor[] => {
    const { value, grads } = variableGrads(() => {
      v.assign(v.value.mul(3));
      return v.value.square();
    }, [v]);
    return [value, grads[0]!];
  };
  test('has the gradient by its value before, eagerly and compiled', () => {
    for (const run of [step, (v: Variable) => jit(() => step(v))()]) {
      const v = new Variable(2);
      expect(run(v).map((t) => t.itemSync())).toEqual([36, 36]);
      expect(v.value.itemSync()).toBe(6);
    }
  });
  test('and a constant cuts it off', () => {
    const v = new Variable(2);
    const { grads } = variableGrads(() => {
      const before = v.value.square();
      v.assign(5);
      return before.add(v.value.mul(0));
    }, [v]);
    expect(grads[0]!.itemSync()).toBe(4);
  });
});
