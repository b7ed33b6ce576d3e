/**
 * What a case says about an op: how to call it, and with which arguments.
 */
import type { GradcheckOptions } from '@dl/autograd';
import { tensor, type DType, type Shape, type Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';

/** One tensor argument. Floats take the dtype of the check; values differ between examples, for `vmap`. */
export interface Input {
  readonly shape: Shape;
  readonly dtype: 'float' | DType;
  /** Element `i` of example `example`; `place` is the number of the argument. */
  value(i: number, example: number, place: number): number;
}

/** What does not apply to an op, and why. */
export interface CaseOptions {
  /** Order of derivatives that are compared with differences. Default: 2 for up to six elements, else 1. */
  readonly order?: 1 | 2;
  /** Options of the comparison with differences. */
  readonly differences?: Pick<GradcheckOptions, 'step' | 'tolerance'>;
  /** Relative tolerance of float32 values. Default 2e-4. */
  readonly tolerance?: number;
  /** Why the op refuses to be compiled; it must throw. */
  readonly jit?: string;
  /** Whether the op reads values at once, so that a backend that cannot do so refuses it. */
  readonly reads?: boolean;
  /** Why the op has no derivative. */
  readonly derivative?: string;
  /** Why the op refuses many examples at once; it must throw. */
  readonly vmap?: string;
  /** Whether the op draws random numbers: under `vmap` each example gets its own, so that shapes are compared alone. */
  readonly random?: boolean;
}

/** An op with a call of it. */
export interface Case extends CaseOptions {
  /** The name of the export, with that of its namespace: `hypot`, `image.resize`. */
  readonly name: string;
  /** What is exported. Other names of the same function are covered as well. */
  readonly target: unknown;
  readonly inputs: readonly Input[];
  run(inputs: readonly Tensor[]): unknown;
}

/** Makes cases of the exports of a module. */
export const casesOf =
  <M extends object>(module: M, prefix = '') =>
  <K extends keyof M & string>(
    name: K,
    call: (f: M[NoInfer<K>], ...inputs: [Tensor, Tensor, Tensor, Tensor]) => unknown,
    inputs: readonly Input[] = [],
    options: CaseOptions = {},
  ): Case => ({
    name: prefix + name,
    target: module[name],
    inputs,
    run: (tensors) => {
      const result = call(module[name], ...(tensors as [Tensor, Tensor, Tensor, Tensor]));
      // A transformation may refuse the promise and leave its rejection to nobody.
      if (result instanceof Promise) result.catch(() => undefined);
      return result;
    },
    ...options,
  });

/** Numbers between −1 and 1 that repeat nowhere. */
const wave = (i: number, example: number, place: number): number =>
  Math.sin(2.1 * i + 1.37 * example + 4.3 * place + 0.7);

/** Floats of both signs. */
export const real = (shape: Shape, scale = 1, shift = 0): Input => ({
  shape,
  dtype: 'float',
  value: (i, example, place) => shift + scale * (wave(i, example, place) + 0.03 * i),
});

/** Floats from `low` to `high`. */
export const within = (shape: Shape, low: number, high: number): Input => ({
  shape,
  dtype: 'float',
  value: (i, example, place) => low + (high - low) * (0.5 + 0.48 * wave(i, example, place)),
});

/** Floats above 0. */
export const positive = (shape: Shape): Input => within(shape, 0.2, 2.2);

/** Whole numbers from `low` to before `high`. */
export const whole = (shape: Shape, low: number, high: number, dtype: DType = 'int32'): Input => ({
  shape,
  dtype,
  value: (i, example, place) => Math.floor(low + (high - low) * (0.5 + 0.4999 * wave(i, example, place))),
});

/** Booleans. */
export const flags = (shape: Shape): Input => ({ ...whole(shape, 0, 2), dtype: 'bool' });

/** The same numbers for every example. */
export const exactly = (
  values: readonly number[],
  dtype: Input['dtype'] = 'int32',
  shape: Shape = [values.length],
): Input => ({
  shape,
  dtype,
  value: (i) => values[i]!,
});

/** Symmetric positive definite matrices are made of these inside a case: A·Aᵀ + I. */
export const matrix = (rows: number, columns: number): Input => ({
  shape: [rows, columns],
  dtype: 'float',
  value: (i, example) => Math.sin(1.7 * i * i + 0.9 * i + 0.61 * example + 0.4) + (i % (columns + 1) === 0 ? 0.5 : 0),
});

/** The tensors of an example. */
export function tensorsOf({ inputs }: Case, float: DType, example: number): Tensor[] {
  return inputs.map(({ shape, dtype, value }, place) =>
    tensor(
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => value(i, example, place)),
      dtype === 'float' ? float : dtype,
      shape,
    ),
  );
}
