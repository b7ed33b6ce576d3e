/**
 * jvp: for every primitive against central differences and against the backward rules; and its interface.
 */
import { grad, jvp, JVP, vjp, VJP } from '@dl/autograd';
import { reference } from '@dl/tensor/backend';
import * as t from '@dl/tensor';
import { ConfigError, DTypeError, jit, setBackend, ShapeError, tensor, Variable, type Tensor } from '@dl/tensor';
import { compiledPrograms, composite, isFloating } from '@dl/tensor/interpreter';
import { describe, expect, test } from 'vitest';
import { choices, expectTensor, pointsOf, PRIMITIVES, weightsLike } from './samples.ts';

setBackend(reference());

/** Where slopes are less exact than values: a polynomial of single precision. */
const LOOSE: Partial<Record<string, number>> = { erfInv: 2e-3 };
const STEP = 1e-6;

/** The sum of products; an infinite slope counts only where something moves. */
function inner(a: readonly Tensor[], b: readonly Tensor[]): number {
  let sum = 0;
  a.forEach((x, i) => {
    const [p, q] = [x.dataSync(), b[i]!.dataSync()];
    for (let k = 0; k < p.length; k++) if (q[k] !== 0) sum += p[k]! * q[k]!;
  });
  return sum;
}

describe('every primitive', () => {
  test('has a forward rule exactly where it has a backward one', () => {
    for (const op of PRIMITIVES) expect([op, JVP[op] === null]).toEqual([op, VJP[op] === null]);
  });

  describe.each(PRIMITIVES.filter((op) => JVP[op] !== null))('%s', (op) => {
    const points = pointsOf(op, 'float64');

    test('agrees with central differences', () => {
      expect(points.length).toBeGreaterThan(0);
      for (const { text, run, draw } of points) {
        const inputs = draw(1);
        const f = (...xs: Tensor[]): Tensor => run(...xs)[0]!;
        const directions = inputs.map((x, k) => (isFloating(x.dtype) ? weightsLike(x, k) : null));
        const at = (h: number): Tensor => f(...inputs.map((x, k) => (directions[k] ? x.add(directions[k].mul(h)) : x)));
        const { value, tangent } = jvp(f, inputs, directions);
        expectTensor(value, f(...inputs), 0, text);
        // Casts to narrow dtypes have no differences to speak of.
        if (!isFloating(value.dtype) || op === 'cast') continue;
        const numeric = at(STEP)
          .sub(at(-STEP))
          .div(2 * STEP);
        expectTensor(tangent, t.where(t.isNan(numeric), 0, numeric), LOOSE[op] ?? 1e-5, text);
      }
    });

    test('is the transpose of the backward rule, whichever inputs move', () => {
      for (const { text, run, draw } of points) {
        const inputs = draw(2);
        const moving = inputs.flatMap((x, k) => (isFloating(x.dtype) ? [k] : []));
        for (const mask of choices(moving.length)) {
          const chosen = moving.filter((_, i) => mask[i]);
          const f = (...some: Tensor[]): Tensor =>
            run(...inputs.map((x, k) => (chosen.includes(k) ? some[chosen.indexOf(k)]! : x)))[0]!;
          const own = chosen.map((k) => inputs[k]!);
          const directions = own.map((x, k) => weightsLike(x, k + 3));
          const { value, tangent } = jvp(f, own, directions);
          if (!isFloating(value.dtype)) continue;
          const u = weightsLike(value, 7);
          const [ahead, back] = [inner([tangent], [u]), inner(vjp(f, ...own).pullback(u), directions)];
          const scale = Math.max(1, Math.abs(back));
          const tolerance = value.dtype === 'float64' ? 1e-9 : 1e-2;
          expect(Math.abs(ahead - back) / scale, `${text}, inputs ${chosen.join()}`).toBeLessThan(tolerance);
        }
      }
    });
  });
});

describe('jvp', () => {
  test('gives value and tangent of trees; what is missing is zero', () => {
    const f = ({ a, b }: { a: Tensor; b: [Tensor, number] }, n: number | Tensor) => ({
      y: a.mul(b[0]).mul(n),
      same: b[0],
      text: 'kept',
    });
    const args: Parameters<typeof f> = [{ a: tensor([2, 3]), b: [tensor([5, 7]), 4] }, 10];
    const { value, tangent } = jvp(f, args, [{ a: [1, 1] }, 1]);
    expect(value.y.arraySync()).toEqual([100, 210]);
    expect(tangent.y.arraySync()).toEqual([60, 91]);
    expect([tangent.same.arraySync(), tangent.text]).toEqual([[0, 0], 'kept']);
    expect(jvp(f, args, []).tangent.y.arraySync()).toEqual([0, 0]);
    expect(jvp((x: Tensor) => x.mul(x), [3 as never], [1 as never]).tangent.itemSync()).toBe(6);
  });

  test('positions, whole numbers and Variables have no tangent', () => {
    const v = new Variable([1, 2]);
    const f = (x: Tensor) => ({ ...t.topK(x, 2), whole: t.cast(x, 'int32'), v: v.value.mul(2) });
    const { value, tangent } = jvp(f, [tensor([1, 9, 5])], [[1, 2, 3]]);
    expect([value.values.arraySync(), tangent.values.arraySync()]).toEqual([[9, 5], [2, 3]]); // prettier-ignore
    expect([tangent.indices, tangent.whole, tangent.v].map((x) => x.arraySync())).toEqual([[0, 0], [0, 0, 0], [0, 0]]); // prettier-ignore
  });

  test('numbers and arrays that do not move stay what they are', () => {
    const f = (x: Tensor, n: number, shape: number[]): Tensor => {
      let y = x;
      for (let i = 0; i < n; i++) y = y.mul(x);
      return y.reshape(shape);
    };
    expect(jvp(f, [tensor([1, 2]), 2, [2, 1]], [[1, 1], null]).tangent.arraySync()).toEqual([[3], [12]]); // prettier-ignore
    const g = (x: Tensor, k: number): Tensor => x.mul(k);
    expect(jvp(g, [tensor([1, 2]), 3], [null, 1]).tangent.arraySync()).toEqual([1, 2]);
  });

  test('what does not fit is said', () => {
    const square = (x: Tensor): Tensor => x.square();
    const x = t.ones([2]);
    expect(() => jvp(square, [x], [t.ones([3])])).toThrow(ShapeError);
    expect(() => jvp(square, [x], [t.ones([2], 'float64')])).toThrow(DTypeError);
    expect(() => jvp(square, [t.ones([2], 'int32')], [t.ones([2], 'int32')])).toThrow(
      'cannot differentiate by a int32',
    );
    expect(() => jvp(square, [x], [x, x] as never)).toThrow(ConfigError);
    expect(() => jvp(square, x as never, x as never)).toThrow('expected a list of arguments');
    expect(() => jvp((y: { a: Tensor }) => y.a, [{ a: x }], [3 as never])).toThrow('structure of its argument');
    expect(() => jvp(async (y: Tensor) => y, [x], [x])).toThrow('promise');
    expect(() => jvp(1 as never, [x], [x])).toThrow(ConfigError);
  });

  test('does not confuse what moves inside with what moves outside', () => {
    const one = tensor(1, 'float64');
    const d = (f: (x: Tensor) => Tensor) => (x: Tensor) => jvp(f, [x], [t.onesLike(x)]).tangent;
    for (const [outer, inside] of [
      [d, d],
      [d, grad],
      [grad, d],
      [grad, grad],
    ] as const) {
      // prettier-ignore
      // d/dx (x · d/dy (x + y)) = 1, and not 2.
      expect(outer((x: Tensor) => x.mul(inside((y: Tensor) => x.add(y))(one)))(one).itemSync()).toBe(1);
      // d/dx (x · d/dy (x · y)) = 2x.
      expect(outer((x: Tensor) => x.mul(inside((y: Tensor) => x.mul(y))(tensor(2, 'float64'))))(one).itemSync()).toBe(
        2,
      );
      // The same variable inside and outside: d/dx (d/dx x³) = 6x.
      expect(outer(inside((x: Tensor) => x.mul(x).mul(x)))(tensor(2, 'float64')).itemSync()).toBe(12);
      // A function of a function, after J. Siskind and B. Pearlmutter (2005).
      const shift = (offset: Tensor) => (f: (x: Tensor) => Tensor) => (x: Tensor) => f(x.add(offset));
      const twice = outer((y: Tensor) => shift(y)(inside((x: Tensor) => shift(y)(t.exp)(x)))(one))(
        t.zeros([], 'float64'),
      );
      expect(twice.itemSync()).toBeCloseTo(2 * Math.E, 12);
    }
  });

  test('a composite is one program with its tangent', () => {
    const smooth = composite<object>('smooth', ([x, w]) => t.tanh(x!.mul(w!)).add(x!.sum()).div(3));
    const [x, w, dx] = [t.normal([5]), t.normal([5]), t.normal([5])];
    const run = (): { value: Tensor; tangent: Tensor } => jvp((y: Tensor) => smooth([y, w], {}), [x], [dx]);
    const { tangent } = run();
    const before = compiledPrograms();
    run();
    expect(compiledPrograms()).toBe(before);
    const plain = jvp((y: Tensor) => t.tanh(y.mul(w)).add(y.sum()).div(3), [x], [dx]);
    expectTensor(tangent, plain.tangent, 1e-6, 'smooth');
  });

  test('loops stay loops', () => {
    const f = (x: Tensor, w: Tensor): Tensor =>
      t.foriLoop(0, 4, (i, { y, z, n }) => ({ y: y.mul(w).add(z), z: t.sin(z).add(i), n: n.add(1) }), {
        y: x,
        z: t.zerosLike(x),
        n: tensor(0, 'int32'),
      }).y;
    const plain = (x: Tensor, w: Tensor): Tensor => {
      let [y, z] = [x, t.zerosLike(x)];
      for (let i = 0; i < 4; i++) [y, z] = [y.mul(w).add(z), t.sin(z).add(i)];
      return y;
    };
    const [x, w] = [tensor([0.5, -1], 'float64'), tensor([1.5, 0.3], 'float64')];
    for (const tangents of [
      [w, null],
      [null, x],
      [w, x],
    ] as const) {
      // prettier-ignore
      const expected = jvp(plain, [x, w], tangents);
      const actual = jvp(f, [x, w], tangents);
      expectTensor(actual.value, expected.value, 1e-12, 'value');
      expectTensor(actual.tangent, expected.tangent, 1e-12, 'tangent');
    }
    const compiled = jit((dx: Tensor) => jvp(f, [x, w], [dx, null]).tangent);
    expectTensor(compiled(w), jvp(plain, [x, w], [w, null]).tangent, 1e-12, 'compiled');
    expect(compiled.lower(w).graph.nodes.filter(({ op }) => op === 'loop')).toHaveLength(1);
    // A carry that begins to move only in a later iteration.
    const late = (y: Tensor): Tensor =>
      t.foriLoop(0, 3, (_, [a, b]) => [y, a!, b!], [t.zerosLike(y), t.zerosLike(y), t.zerosLike(y)])[2]!;
    expect(jvp(late, [x], [w]).tangent.arraySync()).toEqual(w.arraySync());
  });

  test('tangents outlive scopes inside the function', () => {
    const f = (x: Tensor): Tensor => t.tidy(() => t.tidy(() => x.mul(2)).mul(x));
    const { value, tangent } = jvp(f, [tensor([3, 4])], [[1, 1]]);
    expect([value.arraySync(), tangent.arraySync()]).toEqual([[18, 32], [12, 16]]); // prettier-ignore
  });
});
