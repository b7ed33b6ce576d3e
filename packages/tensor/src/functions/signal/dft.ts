/**
 * The discrete Fourier transform of [batch, 2, n], where the second axis holds real and imaginary parts.
 */
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { matmul } from '../contract.ts';
import { add, mul } from '../elementwise.ts';
import { flip, reshape, slice, transpose } from '../movement.ts';
import { pad } from '../pad.ts';
import { planOf, tableTensors, type Plan } from './plan.ts';

/** Products with complex factors, from a table of the rows Re z, −Im z, Im z; the parts of `x` are its second axis. */
function rotate(x: Tensor, table: Tensor): Tensor {
  const start = (row: number): number[] => table.shape.map((_, axis) => (axis === 0 ? row : 0));
  const rows = (row: number, count: number): Tensor => slice(table, start(row), [count, ...table.shape.slice(1)]);
  return add(mul(x, rows(0, 1)), mul(flip(x, 1), rows(1, 2)));
}

/** Takes its tables from the front of the list. */
function forward(x: Tensor, plan: Plan, tables: Tensor[]): Tensor {
  const [batch, , n] = x.shape as [number, number, number];
  const next = (): Tensor => tables.shift()!;
  switch (plan.kind) {
    case 'direct':
      return reshape(matmul(reshape(x, [batch, 2 * n]), next()), x.shape);
    case 'split': {
      const { first, rest } = plan;
      const columns = matmul(transpose(next()), reshape(x, [batch, 2 * first, rest.n]));
      const turned = rotate(reshape(columns, [batch, 2, first, rest.n]), next());
      const rows = reshape(transpose(turned, [0, 2, 1, 3]), [batch * first, 2, rest.n]);
      const done = reshape(forward(rows, rest, tables), [batch, first, 2, rest.n]);
      return reshape(transpose(done, [0, 2, 3, 1]), x.shape);
    }
    case 'chirp': {
      const [chirp, spectrum] = [next(), next()];
      const wide = pad(rotate(x, chirp), [0, 0, [0, plan.length - n]]);
      const product = rotate(forward(wide, plan.inner, [...tables]), spectrum);
      const back = flip(forward(flip(product, 1), plan.inner, tables), 1);
      return rotate(slice(back, [0, 0, 0], [batch, 2, n]), chirp);
    }
  }
}

interface DftAttrs {
  readonly inverse: boolean;
}

/** Inputs: the numbers, and the tables of the plan for their length. The inverse exchanges real and imaginary parts. */
const transform: (inputs: readonly Tensor[], attrs: DftAttrs) => Tensor = /* @__PURE__ */ composite<DftAttrs>(
  'dft',
  ([x, ...tables], { inverse }) => {
    if (x!.size === 0) return x!;
    const turned = inverse ? flip(x!, 1) : x!;
    const y = forward(turned, planOf(x!.shape[2]!), [...tables]);
    return inverse ? flip(y, 1) : y;
  },
  {
    // The matrix is symmetric, so its transpose conjugate is the inverse without its factor.
    vjp: ([, ...tables], _, [dy], { inverse }) => [
      () => transform([dy!, ...tables], { inverse: inverse !== true }),
      ...tables.map(() => null),
    ],
    // Linear: tangents are transformed as the numbers are.
    jvp: ([, ...tables], _, [dx], { inverse }) => [transform([dx!, ...tables], { inverse: inverse === true })],
    // Examples are rows more; tables are the same for all.
    vmap: ([x, ...tables], _, { inverse }, size) => {
      const [, batch, ...rest] = x!.shape as [number, number, number, number];
      const y = transform([reshape(x!, [size * batch, ...rest]), ...tables], { inverse: inverse === true });
      return [reshape(y, [size, batch, ...rest])];
    },
  },
);

/** Σ x_j·exp(∓2πi·jk/n) over the last axis of [batch, 2, n]; no factor for the inverse. */
export function dft(x: Tensor, inverse: boolean): Tensor {
  return transform([x, ...tableTensors(planOf(x.shape[2]!), x.dtype, x.backend)], { inverse });
}
