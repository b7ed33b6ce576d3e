/**
 * The confusion matrix: how often each class was taken for each other.
 */
import { ConfigError, ShapeError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Data } from '../data/host-array.ts';
import { readClasses, readWeights } from './answers.ts';

/** Options of {@link confusionMatrix}. */
export interface ConfusionMatrixOptions {
  /** Number of classes; as many as there are in the data unless given. */
  readonly numClasses?: number | undefined;
  /** One weight for each sample; 1 unless given. */
  readonly weights?: Data | undefined;
  /** Whether numbers are shares: of the true class (rows), of the predicted one (columns), or of all; counts unless given. */
  readonly normalize?: 'true' | 'pred' | 'all' | undefined;
}

/**
 * Counts of pairs of classes: `matrix[true class][predicted class]`. Both arguments are class numbers of shape [n], or scores
 * of shape [n, classes] (one-hot labels, logits, probabilities), of which the highest counts. Follows
 * `tf.math.confusion_matrix`, and `normalize` of scikit-learn; a share of nothing is 0.
 *
 * @throws ShapeError or DTypeError for data that is neither, ConfigError for a class number that is not below `numClasses`.
 * @example
 * await confusionMatrix([0, 1, 1, 2], [0, 1, 2, 2]); // [[1, 0, 0], [0, 1, 1], [0, 0, 1]]
 */
export async function confusionMatrix(
  yTrue: Data,
  yPred: Data,
  { numClasses, weights, normalize }: ConfusionMatrixOptions = {},
): Promise<number[][]> {
  const where = 'confusionMatrix';
  const [truth, answer] = await Promise.all([
    readClasses(yTrue, `${where}: yTrue`),
    readClasses(yPred, `${where}: yPred`),
  ]);
  const count = truth.ids.length;
  if (answer.ids.length !== count) {
    throw new ShapeError(`${where}: yTrue has ${count} samples, yPred ${answer.ids.length}`);
  }
  const highest = Math.max(-1, ...[truth, answer].map(({ ids }) => ids.reduce((a, b) => Math.max(a, b), -1)));
  const classes = numClasses ?? Math.max(highest + 1, truth.width, answer.width);
  if (!Number.isInteger(classes) || classes < 0) {
    throw new ConfigError(`${where}: numClasses must be a whole number, got ${describe(numClasses)}`);
  }
  if (highest >= classes) throw new ConfigError(`${where}: class ${highest} in the data, but numClasses is ${classes}`);
  if (normalize !== undefined && !['true', 'pred', 'all'].includes(normalize)) {
    throw new ConfigError(`${where}: normalize must be 'true', 'pred' or 'all', got ${describe(normalize)}`);
  }
  const each = await readWeights(weights, `${where}: weights`, count);
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < count; i++) matrix[truth.ids[i]!]![answer.ids[i]!]! += each[i]!;
  return normalize === undefined ? matrix : shares(matrix, normalize);
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

function shares(matrix: readonly (readonly number[])[], of: 'true' | 'pred' | 'all'): number[][] {
  const rows = matrix.map(sum);
  const columns = matrix.map((_, j) => sum(matrix.map((row) => row[j]!)));
  const all = sum(rows);
  return matrix.map((row, i) =>
    row.map((value, j) => {
      const whole = of === 'true' ? rows[i]! : of === 'pred' ? columns[j]! : all;
      return whole === 0 ? 0 : value / whole;
    }),
  );
}

/**
 * Share of all samples on the diagonal of a confusion matrix; NaN when there are none.
 *
 * @example accuracyOf([[8, 2], [1, 9]]); // 0.85
 */
export function accuracyOf(matrix: readonly (readonly number[])[]): number {
  return sum(matrix.map((row, i) => row[i] ?? 0)) / sum(matrix.map(sum));
}
