/**
 * The example page of the guide, from made-up numbers. `npx vitest run -u` writes it anew when pictures change.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as reports from '@dl/keras/reports';
import '../helpers.ts';
import { checkMarkup } from './markup.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/guides/looking.html');

/** Numbers in [0, 1) by integer arithmetic, the same everywhere. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const falling = (from: number, to: number, turn: number): number[] =>
  Array.from({ length: 20 }, (_, i) => to + (from - to) / (1 + i / turn));

test('the example page of the guide is what the functions give', async () => {
  const random = numbers(7);
  const next = (): number => random.next().value;
  const classNames = ['cat', 'dog', 'fox', 'owl'];
  const truth = Array.from({ length: 200 }, (_, i) => i % 4);
  const guess = truth.map((label) => (next() < 0.8 ? label : Math.floor(next() * 4)));
  const matrix = await reports.confusionMatrix(truth, guess, { numClasses: 4 });
  const labels = truth.map((label) => Number(label === 2));
  const scores = labels.map((label) => (2 * label + next() * 3 + next()) / 6);
  const [roc, pr] = [await reports.rocCurve(labels, scores), await reports.precisionRecallCurve(labels, scores)];
  const bell = Array.from({ length: 2000 }, () => next() + next() + next() + next() - 2);
  const points = truth.map((label) => [(label % 2) * 4 + next() + next(), Math.floor(label / 2) * 3 + next() + next()]);
  const part = { page: false } as const;
  const history = {
    accuracy: falling(0.4, 0.97, 2),
    loss: falling(1.4, 0.12, 2),
    val_accuracy: falling(0.45, 0.9, 2),
    val_loss: falling(1.3, 0.31, 2),
  };
  const page = reports.reportPage('Pictures of @dl/keras/reports', [
    {
      title: 'Learning curves',
      note: 'Made-up numbers, as everywhere here.',
      html: reports.historyHTML(history, part),
    },
    { title: 'Confusion matrix', html: reports.confusionMatrixHTML(matrix, { ...part, classNames }) },
    { title: 'ROC curve', html: reports.rocCurveHTML(roc, { ...part, title: 'Foxes against the rest' }) },
    {
      title: 'Precision and recall',
      html: reports.precisionRecallCurveHTML({ fox: pr }, { ...part, title: 'Foxes against the rest' }),
    },
    {
      title: 'Histograms',
      html: reports.histogramsHTML(
        [reports.histogram('dense/kernel', bell), reports.histogram('dense/bias', [0, 0, 0.5, NaN])],
        part,
      ),
    },
    {
      title: 'Embedding',
      note: 'Point at an animal for its number.',
      html: reports.scatterHTML(points, {
        ...part,
        title: 'Four animals',
        groups: truth,
        groupNames: classNames,
        labels: truth.map((_, i) => `animal ${i}`),
      }),
    },
  ]);
  expect(checkMarkup(page).get('section')).toBe(6);
  await expect(page).toMatchFileSnapshot(PAGE);
});
