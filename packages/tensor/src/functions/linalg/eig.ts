/**
 * Eigenvalues and eigenvectors of general matrices.
 */
import type { TensorLike } from '../../create.ts';
import type { DType } from '../../dtype.ts';
import { ConfigError } from '../../errors.ts';
import { EAGER } from '../../runtime/eager.ts';
import { currentInterpreter } from '../../runtime/interpreter.ts';
import type { Shape } from '../../shape.ts';
import { Tensor } from '../../tensor.ts';
import { squareMatrices } from './matrix.ts';
import { eigenOf } from './schur.ts';

/** A complex tensor as its real and imaginary part. */
type ComplexPair = [real: Tensor, imaginary: Tensor];

/**
 * `[w, v]` for each square matrix in the last two axes: eigenvalues and, in columns, eigenvectors of length 1, each as a pair
 * of a real and an imaginary tensor, so that A·V = V·diag(w). Values of float32 are computed in float64 on the host, so this
 * is asynchronous, has no gradient, and cannot run inside `jit`; for symmetric matrices use `eigh`. Follows `keras.ops.eig`.
 *
 * @throws ShapeError when the matrices are not square, ConfigError inside `jit`, `grad` and other transformations.
 * @example
 * const [[real, imaginary]] = await eig([[0, -1], [1, 0]]); // real [0, 0], imaginary ±1
 */
export async function eig(x: TensorLike): Promise<[w: ComplexPair, v: ComplexPair]> {
  const a = squareMatrices(x, 'eig');
  if (currentInterpreter() !== EAGER || a.value !== null) {
    throw new ConfigError(
      'eig: eigenvalues of general matrices are computed on the host; call it outside of jit() and grad(), or use eigh() for symmetric matrices',
    );
  }
  const { backend } = a;
  const data = Float64Array.from(await a.data());
  const n = a.shape.at(-1)!;
  const batch = n === 0 ? 0 : data.length / (n * n);
  const parts = Array.from({ length: batch }, (_, i) => eigenOf(data.subarray(i * n * n, (i + 1) * n * n), n));
  const collect = (pick: (part: (typeof parts)[number]) => Float64Array, shape: Shape, dtype: DType): Tensor => {
    const values = new Float64Array(parts.flatMap((part) => [...pick(part)]));
    return Tensor.fromValues(values, shape, dtype, backend);
  };
  const [vector, square] = [a.shape.slice(0, -1), a.shape];
  return [
    [collect(({ values }) => values.re, vector, a.dtype), collect(({ values }) => values.im, vector, a.dtype)],
    [collect(({ vectors }) => vectors.re, square, a.dtype), collect(({ vectors }) => vectors.im, square, a.dtype)],
  ];
}
