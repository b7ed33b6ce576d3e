import { expect, test } from 'vitest';
import { Generator, setBackend, tensor } from '@dl/keras';
import { cpu } from '@dl/backend-cpu';
import { pca, tsne } from '@dl/keras/reports';

setBackend(cpu());

type Rows = readonly (readonly number[])[];

/** `each` points around each of the corners of a simplex. */
async function clusters(
  each: number,
  count: number,
  dims: number,
  noise: number,
): Promise<{ rows: number[][]; groups: number[] }> {
  const random = await new Generator(11).normal([each * count, dims]).data();
  const groups = Array.from({ length: each * count }, (_, i) => Math.floor(i / each));
  const rows = groups.map((group, i) =>
    Array.from({ length: dims }, (_, d) => (d === group ? 10 : 0) + noise * random[i * dims + d]!),
  );
  return { rows, groups };
}

/** Share of points whose nearest other point is of their group. */
function purity(points: Rows, groups: readonly number[]): number {
  const right = points.filter((a, i) => {
    let [best, at] = [Infinity, -1];
    points.forEach((b, j) => {
      const distance = (a[0]! - b[0]!) ** 2 + (a[1]! - b[1]!) ** 2;
      if (i !== j && distance < best) [best, at] = [distance, j];
    });
    return groups[i] === groups[at];
  });
  return right.length / points.length;
}

/** The divergence by its definition, in float64, with widths found by bisection. */
function divergenceByDefinition(rows: Rows, points: Rows, perplexity: number): number {
  const n = rows.length;
  const squares = (all: Rows): number[][] =>
    all.map((a) => all.map((b) => a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0)));
  const conditional = squares(rows).map((row, i) => {
    let [low, high] = [1e-12, 1e12];
    let weights: number[] = [];
    for (let k = 0; k < 120; k++) {
      const sharpness = Math.sqrt(low * high);
      const nearest = Math.min(...row.filter((_, j) => j !== i));
      weights = row.map((d, j) => (j === i ? 0 : Math.exp(-sharpness * (d - nearest))));
      const total = weights.reduce((a, b) => a + b);
      const mean = weights.reduce((sum, w, j) => sum + w * (row[j]! - nearest), 0) / total;
      if (Math.log(total) + sharpness * mean > Math.log(perplexity)) low = sharpness;
      else high = sharpness;
    }
    const total = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / total);
  });
  const near = squares(points).map((row, i) => row.map((d, j) => (i === j ? 0 : 1 / (1 + d))));
  const all = near.flat().reduce((a, b) => a + b);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const p = Math.max((conditional[i]![j]! + conditional[j]![i]!) / (2 * n), 1e-12);
      sum += p * Math.log(p / Math.max(near[i]![j]! / all, 1e-12));
    }
  }
  return sum;
}

test('pca finds the directions of an ellipse', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [a, b] = [5 * Math.cos(i * 0.31), Math.sin(i * 0.31)];
    return [1 + (a - b) / Math.SQRT2, 2 + (a + b) / Math.SQRT2, 7];
  });
  const { points, components, mean, explainedVariance, explainedVarianceRatio } = await pca(rows, 2);
  const found = (await components.array()) as number[][];
  [
    [Math.SQRT1_2, Math.SQRT1_2, 0],
    [-Math.SQRT1_2, Math.SQRT1_2, 0],
  ].forEach((wanted, i) => {
    const flip = Math.sign(wanted[1]! * found[i]![1]!);
    wanted.forEach((value, j) => expect(found[i]![j]! * flip).toBeCloseTo(value, 2));
  });
  expect((await mean.data())[2]).toBeCloseTo(7, 5);
  expect(explainedVarianceRatio[0]! + explainedVarianceRatio[1]!).toBeCloseTo(1, 5);
  expect(explainedVarianceRatio[0]).toBeCloseTo(25 / 26, 2);
  const variance = points.reduce((sum, [x]) => sum + x! ** 2, 0) / 199;
  expect(explainedVariance[0]).toBeCloseTo(variance, 4);
});

test('pca of many columns agrees with the one of few', async () => {
  const { rows } = await clusters(20, 4, 60, 1);
  const wide = rows.map((row) => [...row, ...new Array<number>(40).fill(3)]);
  const [few, many] = [await pca(rows, 4), await pca(wide, 4)];
  few.explainedVariance.forEach((value, i) => expect(many.explainedVariance[i]! / value).toBeCloseTo(1, 3));
  few.points.forEach((point, i) =>
    point.slice(0, 2).forEach((value, k) => expect(many.points[i]![k]).toBeCloseTo(value, 1)),
  );
  const c = (await many.components.matmul(many.components.transpose()).array()) as number[][];
  c.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(Number(i === j), 4)));
});

test(
  'tsne keeps groups that are apart, lowers the divergence, and gives what the definition says',
  { timeout: 60_000 },
  async () => {
    const { rows, groups } = await clusters(25, 4, 10, 0.8);
    const { points, divergence, divergences } = await tsne(rows, { perplexity: 15, iterations: 400, seed: 3 });
    expect(purity(points, groups)).toBe(1);
    expect(divergences).toHaveLength(8);
    // After the exploration, whose forces belong to another problem.
    for (let i = 6; i < divergences.length; i++) expect(divergences[i]!).toBeLessThan(divergences[i - 1]!);
    expect(divergence).toBe(divergences.at(-1));
    expect(divergence).toBeLessThan(divergences[0]! / 2);
    const exact = divergenceByDefinition(rows, points, 15);
    expect(Math.abs(divergence - exact)).toBeLessThan(1e-4 * exact);
    const again = await tsne(tensor(rows), { perplexity: 15, iterations: 400, seed: 3 });
    expect(again.points).toEqual(points);
    const other = await tsne(rows, { perplexity: 15, iterations: 400, seed: 4 });
    expect(other.points).not.toEqual(points);
    expect(purity(other.points, groups)).toBe(1);
  },
);

test('tsne bears rows that are equal, and one column', { timeout: 60_000 }, async () => {
  const rows = Array.from({ length: 24 }, (_, i) => [i < 12 ? 0 : 100]);
  const { points } = await tsne(rows, { perplexity: 5, iterations: 250 });
  expect(points.flat().every(Number.isFinite)).toBe(true);
  expect(
    purity(
      points,
      rows.map(([x]) => x!),
    ),
  ).toBe(1);
});

test('both say what does not fit', async () => {
  await expect(pca([[1, 2]], 1)).rejects.toThrow('expected at least two rows [n, d], got shape [1, 2]');
  await expect(
    pca(
      [
        [1, 2],
        [3, 4],
      ],
      3,
    ),
  ).rejects.toThrow('k must be an integer from 1 to 2 for 2 rows of 2, got 3');
  await expect(
    pca([
      [1, 2],
      [NaN, 4],
    ]),
  ).rejects.toThrow('got NaN in row 1');
  await expect(
    tsne([
      [1, 2],
      [3, 4],
    ]),
  ).rejects.toThrow('perplexity must be from 1 to below the 2 rows, got 30');
  await expect(
    tsne(
      [
        [1, 2],
        [3, 4],
      ],
      { perplexity: 1, iterations: 10 },
    ),
  ).rejects.toThrow('at least 250');
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(
    tsne(
      [
        [1, 2],
        [3, 4],
      ],
      { perplexity: 1, signal },
    ),
  ).rejects.toThrow('enough');
});
