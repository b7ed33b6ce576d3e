/**
 * Products: matmul, dot, outer and einsum.
 */
import { asTensor, castTo, promotePair, type TensorLike } from '../create.ts';
import { promote } from '../dtype.ts';

import { ConfigError, ShapeError } from '../errors.ts';
import { apply } from '../runtime/interpreter.ts';
import { describe, formatShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { mul } from './elementwise.ts';
import { expandDims, reshape, squeeze, transpose } from './movement.ts';
import { op } from './op.ts';
import { sum } from './reduce.ts';

/**
 * Matrix product of the last two axes; leading axes broadcast. Vectors count as a row on the left, a column on the right.
 *
 * @throws ShapeError when the inner sizes differ.
 */
export const matmul: (a: TensorLike, b: TensorLike) => Tensor = /* @__PURE__ */ op(
  'matmul',
  (a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, 'matmul');
    if (x.rank === 0 || y.rank === 0) throw new ShapeError('matmul: inputs must have rank ≥ 1; use mul() for scalars');
    if (x.rank > 1 && y.rank > 1) return apply('matmul', [x, y], {});
    const product = apply('matmul', [x.rank === 1 ? expandDims(x, 0) : x, y.rank === 1 ? expandDims(y, 1) : y], {});
    const drop = [...(x.rank === 1 ? [-2] : []), ...(y.rank === 1 ? [-1] : [])];
    return squeeze(
      product,
      drop.map((axis) => axis + product.rank),
    );
  },
);

/** Sum of products over the last axis of `a` and the second-last (or only) axis of `b`. */
export const dot: (a: TensorLike, b: TensorLike) => Tensor = /* @__PURE__ */ op(
  'dot',
  (a: TensorLike, b: TensorLike) => {
    const [x, y] = promotePair(a, b, 'dot');
    if (x.rank === 0 || y.rank === 0) return mul(x, y);
    if (y.rank <= 2) return matmul(x, y);
    const flat = matmul(
      reshape(x, [-1, x.shape.at(-1)!]),
      reshape(transpose(y, [y.rank - 2, ...range(y.rank - 2), y.rank - 1]), [y.shape.at(-2)!, -1]),
    );
    return reshape(flat, [...x.shape.slice(0, -1), ...y.shape.slice(0, -2), y.shape.at(-1)!]);
  },
);

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** All products of an element of `a` and one of `b`, as [size of a, size of b]. */
export const outer: (a: TensorLike, b: TensorLike) => Tensor = /* @__PURE__ */ op(
  'outer',
  (a: TensorLike, b: TensorLike) => mul(reshape(a, [-1, 1]), reshape(b, [1, -1])),
);

interface Equation {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Letters for the axes that `...` stands for: upper case counted from the end, so that they broadcast from the right. */
const ELLIPSIS = 'ZYXWVUTS';

function parse(equation: string, tensors: readonly Tensor[]): Equation {
  const fail = (why: string): never => {
    throw new ConfigError(`einsum: '${equation}': ${why}`);
  };
  const compact = equation.replace(/\s+/g, '');
  const [left = '', right, extra] = compact.split('->');
  if (extra !== undefined) fail('has more than one ->');
  const raw = left.split(',');
  if (raw.length !== tensors.length) fail(`names ${raw.length} operands, got ${tensors.length} tensors`);
  let widest = 0;
  const inputs = raw.map((term, i) => {
    const { rank, shape } = tensors[i]!;
    const letters = term.replace('...', '');
    if (!/^[a-zA-Z]*$/.test(letters)) fail(`operand ${i} has characters other than letters and ...`);
    const hidden = rank - letters.length;
    if (term.includes('...') ? hidden < 0 : hidden !== 0) {
      throw new ShapeError(`einsum: '${equation}': operand ${i} '${term}' does not fit shape ${formatShape(shape)}`);
    }
    if (hidden > ELLIPSIS.length) fail(`... stands for more than ${ELLIPSIS.length} axes`);
    widest = Math.max(widest, hidden);
    return term.replace('...', [...ELLIPSIS.slice(0, hidden)].reverse().join(''));
  });
  const all = inputs.join('');
  const implicit = [...new Set(all)].filter((c) => !ELLIPSIS.includes(c) && all.split(c).length === 2).sort();
  const dots = [...ELLIPSIS.slice(0, widest)].reverse().join('');
  const output = right === undefined ? dots + implicit.join('') : right.replace('...', dots);
  for (const c of output) if (!all.includes(c)) fail(`output axis '${c}' is in no operand`);
  if (new Set(output).size !== output.length) fail('an output axis is named twice');
  return { inputs, output };
}

/** Takes the diagonal of repeated letters and sums letters that nothing else needs. */
function simplify(t: Tensor, term: string, needed: string): [Tensor, string] {
  let [x, letters] = [t, term];
  for (let i = 0; i < letters.length; i++) {
    const j = letters.indexOf(letters[i]!, i + 1);
    if (j < 0) continue;
    const n = x.shape[i]!;
    if (n !== x.shape[j]) throw new ShapeError(`einsum: axis '${letters[i]}' has sizes ${n} and ${x.shape[j]}`);
    const order = [...range(x.rank).filter((k) => k !== i && k !== j), i, j];
    const moved = transpose(x, order);
    const lead = moved.shape.slice(0, -2);
    const eye = apply('iota', [], { shape: [n], axis: 0, dtype: 'int32' });
    x = apply('gather', [moved, eye, eye], { axes: [moved.rank - 2, moved.rank - 1] });
    letters =
      order
        .slice(0, -2)
        .map((k) => letters[k]!)
        .join('') + letters[i]!;
    if (lead.length !== letters.length - 1) throw new ShapeError(`einsum: cannot take the diagonal of '${term}'`);
    i = -1;
  }
  const spare = [...letters].map((c, axis) => (needed.includes(c) ? -1 : axis)).filter((axis) => axis >= 0);
  if (spare.length === 0) return [x, letters];
  return [sum(x, spare), [...letters].filter((c) => needed.includes(c)).join('')];
}

/** Contracts two operands over the letters only they have; a batched matrix product. */
function contract(a: Tensor, la: string, b: Tensor, lb: string, needed: string): [Tensor, string] {
  const shared = [...la].filter((c) => lb.includes(c));
  const size = (c: string): number => {
    const [x, y] = [la.includes(c) ? a.shape[la.indexOf(c)]! : 1, lb.includes(c) ? b.shape[lb.indexOf(c)]! : 1];
    if (x !== y && x !== 1 && y !== 1) throw new ShapeError(`einsum: axis '${c}' has sizes ${x} and ${y}`);
    return x === 1 ? y : x;
  };
  const batch = shared.filter((c) => needed.includes(c));
  const inner = shared.filter((c) => !needed.includes(c));
  const left = [...la].filter((c) => !lb.includes(c));
  const right = [...lb].filter((c) => !la.includes(c));
  const arrange = (t: Tensor, letters: string, order: readonly string[]): Tensor => {
    const moved = transpose(
      t,
      order.map((c) => letters.indexOf(c)),
    );
    return apply('broadcastTo', [moved], {
      shape: order.map((c) => (shared.includes(c) ? size(c) : moved.shape[order.indexOf(c)]!)),
    });
  };
  const sizes = (list: readonly string[]): number[] => list.map(size);
  const x = reshape(arrange(a, la, [...batch, ...left, ...inner]), [
    ...sizes(batch),
    sizeOf(sizes(left)),
    sizeOf(sizes(inner)),
  ]);
  const y = reshape(arrange(b, lb, [...batch, ...inner, ...right]), [
    ...sizes(batch),
    sizeOf(sizes(inner)),
    sizeOf(sizes(right)),
  ]);
  return [
    reshape(apply('matmul', [x, y], {}), sizes([...batch, ...left, ...right])),
    [...batch, ...left, ...right].join(''),
  ];
}

/**
 * Sum of products by Einstein's notation, contracted pairwise from the left as matrix products.
 * `...` stands for broadcast axes; repeated letters in one operand take the diagonal.
 *
 * @example einsum('bij,bjk->bik', a, b); // batched matrix product
 */
export const einsum: (equation: string, ...operands: readonly TensorLike[]) => Tensor = (equation, ...operands) => {
  if (typeof equation !== 'string')
    throw new ConfigError(`einsum: expected an equation such as 'ij,jk->ik', got ${describe(equation)}`);
  return named(operands, equation);
};

const named = /* @__PURE__ */ op('einsum', (operands: readonly TensorLike[], equation: string): Tensor => {
  if (operands.length === 0) throw new ConfigError('einsum: expected at least one operand');
  const raw = operands.map((x) => asTensor(x, 'einsum'));
  const dtype = raw.map((t) => t.dtype).reduce(promote);
  const tensors = raw.map((t) => castTo(t, dtype));
  const { inputs, output } = parse(equation, tensors);
  const others = (i: number): string => output + inputs.slice(i + 1).join('');
  let [result, letters] = simplify(tensors[0]!, inputs[0]!, others(0));
  for (let i = 1; i < tensors.length; i++) {
    const [next, nextLetters] = simplify(tensors[i]!, inputs[i]!, others(i) + letters);
    [result, letters] = contract(result, letters, next, nextLetters, others(i));
  }
  [result, letters] = simplify(result, letters, output);
  return transpose(
    result,
    [...output].map((c) => letters.indexOf(c)),
  );
});
