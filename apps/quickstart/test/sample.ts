// A made-up run for the tests of the report page; no number here was measured.
import type { ReportData, ReportImage } from '../src/report.ts';

const names = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const curve = (from: number, to: number, epochs: number, bend: number): number[] =>
  Array.from({ length: epochs }, (_, i) => to + (from - to) * Math.exp(-i / bend));

const confusion = names.map((_, i) =>
  names.map((_, j) => {
    if (i === j) return 150 + ((i * 13) % 45);
    return (i * 7 + j * 5) % 6 === 0 ? (i + j) % 17 : 0;
  }),
);

const picture = (label: number, k: number): ReportImage => {
  const pixels = Uint8Array.from({ length: 784 }, (_, p) => {
    const [x, y] = [(p % 28) - 13.5, Math.floor(p / 28) - 13.5];
    return Math.hypot(x, y) < 6 + label ? 255 - 12 * Math.hypot(x, y) : 0;
  });
  const predicted = k % 6 === 0 ? (label + 4) % 10 : label;
  return { pixels, width: 28, height: 28, label, predicted, confidence: 0.5 + (k % 10) / 20 };
};

/** A plausible report with `epochs` epochs. */
export const sample = (epochs = 12): ReportData => ({
  title: 'Fashion-MNIST in one run',
  summary: 'Made-up numbers for a test of this page.',
  history: {
    loss: curve(1.1, 0.21, epochs, 3),
    accuracy: curve(0.61, 0.93, epochs, 3),
    val_loss: curve(0.8, 0.33, epochs, 2.4),
    val_accuracy: curve(0.7, 0.885, epochs, 2.4),
  },
  confusion,
  classNames: names,
  images: Array.from({ length: 30 }, (_, k) => picture(k % 10, k)),
  run: {
    seconds: 18.43,
    params: 218_058,
    nodeVersion: '20.20.2',
    backend: 'cpu',
    seed: 7,
    trainSize: 12_000,
    testSize: 2000,
    batchSize: 64,
  },
});
