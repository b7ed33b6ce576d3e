/**
 * The task is fair, and the backbone learns it.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { install, loadBackbone, SIZE } from '../src/backbone.ts';
import { loadTask } from '../src/photos.ts';
import { renderReport } from '../src/report.ts';
import { features, fineTune, trainHead, trainOnPixels } from '../src/transfer.ts';

const task = loadTask();

test('ten classes, as many pictures of each, from halves of photos that do not meet', () => {
  expect(task.names).toHaveLength(10);
  for (const [{ x, y }, each] of [
    [task.train, 30],
    [task.test, 20],
  ] as const) {
    expect(x.shape).toEqual([10 * each, SIZE, SIZE, 3]);
    task.names.forEach((_, id) => expect(y.filter((one) => one === id)).toHaveLength(each));
    expect(x.data.every((value) => value >= 0 && value <= 1)).toBe(true);
  }
  // No row of pixels of a test picture of the wall is in one that is learnt from.
  const rows = ({ x, y }: typeof task.train): Set<string> => {
    const id = task.names.indexOf('wall');
    const found = new Set<string>();
    y.forEach((one, i) => {
      if (one !== id) return;
      for (let r = 0; r < SIZE; r++) {
        const at = (i * SIZE + r) * SIZE * 3;
        found.add(x.data.subarray(at, at + SIZE * 3).join());
      }
    });
    return found;
  };
  const learnt = rows(task.train);
  expect([...rows(task.test)].filter((row) => learnt.has(row))).toEqual([]);
});

describe('transfer', () => {
  beforeAll(install, 120_000);

  test('a head on the features of the backbone names at least three quarters rightly, pixels far fewer', async () => {
    const backbone = await loadBackbone();
    expect(backbone.countParams()).toBe(2_257_984);
    const [train, held] = [await features(backbone, task.train), await features(backbone, task.test)];
    expect(train.shape).toEqual([300, 1280]);
    const { accuracy, head } = await trainHead(train, held, task);
    const pixels = await trainOnPixels(task);
    expect(accuracy).toBeGreaterThanOrEqual(0.75);
    expect(pixels.accuracy).toBeLessThan(accuracy - 0.2);
    const before = backbone.getLayer('Conv1').getWeights()[0]!.dataSync().slice();
    const tuned = await fineTune(backbone, head, task, 1);
    expect(tuned.accuracy).toBeGreaterThanOrEqual(0.75);
    expect(backbone.getLayer('Conv1').getWeights()[0]!.dataSync()).toEqual(before);
    const { model: _, ...way } = tuned;
    const confusion = task.names.map((__, i) => task.names.map((___, k) => (i === k ? 20 : 0)));
    const page = renderReport({ task, ways: { way }, curves: 'way', confusion, predicted: [...task.test.y] });
    for (const name of task.names) expect(page).toContain(name);
    // The page loads nothing.
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/);
  }, 180_000);
});
