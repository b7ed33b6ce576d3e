import { jvp, vmap, VJP, vjp, JVP, BATCHING } from '@dl/autograd';
import { reference } from '@dl/tensor/backend';
import { add, mul, setBackend, stack, sub, tensor, type Tensor } from '@dl/tensor';
import { applyAll, isFloating, OP_NAMES, OPS, type OpName } from '@dl/tensor/interpreter';
import { describe, expect, test } from 'vitest';
import { pointsOf } from './samples.ts';

setBackend(reference());
const scale = (y: readonly Tensor[]) => Math.max(1, ...y.flatMap((t) => [...t.dataSync()].map(Math.abs).filter(Number.isFinite)));
function close(actual: Tensor, expected: Tensor, tolerance: number, where: string) {
  expect(actual.shape, where).toEqual(expected.shape);
  expect(actual.dtype, where).toEqual(expected.dtype);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i]) continue;
    const error = Math.abs(a[i]! - e[i]!) / Math.max(1, Math.abs(e[i]!));
    if (!(error <= tolerance)) expect.fail(`${where}: element ${i} is ${a[i]}, expected ${e[i]}`);
  }
}
const primitives = OP_NAMES.filter((op) => op !== 'call' && op !== 'loop') as Exclude<OpName, 'call' | 'loop'>[];
describe('batching', () => {
  for (const op of primitives) {
    if (BATCHING[op] === null) continue;
    test(op, () => {
      for (const { attrs, draw, shapes } of pointsOf(op)) {
        const size = 3;
        const dtypes = draw(0).map((t) => t.dtype);
        const masks = Array.from({ length: 2 ** shapes.length - 1 }, (_, m) => shapes.map((_, k) => ((m + 1) >> k) % 2 === 1));
        try { OPS[op].infer(draw(0), attrs as never); } catch {
          continue; // ints
        }
        for (const mask of masks) {
          const draws = [1, 2, 3].map(draw);
          const inputs = shapes.map((_, k) => (mask[k] ? draws.map((d) => d[k]!) : draws[0]![k]!));
          const run = (...xs: Tensor[]) => applyAll(op, xs, attrs as never);
          const wanted = Array.from({ length: size }, (_, i) => run(...inputs.map((x) => (Array.isArray(x) ? x[i]! : x) as Tensor)));
          for (const axis of [0, -1, 1]) {
            if (axis === 1 && shapes.some((s, k) => mask[k] && s.length < 1)) continue;
            const stacked = inputs.map((x) => (Array.isArray(x) ? stack(x as Tensor[], axis) : x as Tensor));
            const actual = vmap(run, { inAxes: mask.map((m) => (m ? axis : null)) })(...stacked);
            actual.forEach((y, i) => close(y, stack(wanted.map((w) => w[i]!)), 1e-12, `${op} ${JSON.stringify(attrs)} ${shapes.map((s) => `[${s}]`)} ${mask} axis ${axis} output ${i}`));
          }
        }
      }
    });
  }
});
