// The iris dataset: 150 flowers, embedded. Its numbers live in iris-values.ts, its licence in assets/iris.license.
import type { NDArray } from './arrays.ts';
import { irisRows } from './iris-values.ts';

/** Fisher's iris measurements. */
export interface Iris {
  /** Sepal length and width, petal length and width in centimetres; shape [150, 4]. */
  readonly data: NDArray<Float32Array>;
  /** Class of each flower, 0 to 2, in class order: shuffle before splitting; shape [150]. */
  readonly labels: NDArray<Int32Array>;
  readonly featureNames: readonly string[];
  readonly classNames: readonly string[];
}

/**
 * Loader of the iris dataset.
 *
 * @example
 * const { data, labels, classNames } = await iris.load();
 */
export const iris: {
  /** The 150 flowers; new arrays on each call. */
  load(): Promise<Iris>;
} = {
  load: async () => {
    const digits = irisRows.join('').replaceAll(' ', '');
    const data = Float32Array.from({ length: 600 }, (_, i) => Number(digits.slice(2 * i, 2 * i + 2)) / 10);
    return {
      data: { data, shape: [150, 4] },
      labels: { data: Int32Array.from({ length: 150 }, (_, i) => Math.floor(i / 50)), shape: [150] },
      featureNames: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
      classNames: ['setosa', 'versicolor', 'virginica'],
    };
  },
};
