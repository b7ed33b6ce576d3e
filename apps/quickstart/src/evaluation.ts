/**
 * A classifier's answers, and a choice of images to show with them.
 */
import type { ReportImage } from './report.ts';

/** Logits or probabilities of all images, row by row. */
export interface Answers {
  readonly scores: ArrayLike<number>;
  readonly classes: number;
}

/** The class with the highest score, and its share after softmax. */
export function answerOf(
  { scores, classes }: Answers,
  row: number,
): { readonly predicted: number; readonly confidence: number } {
  let predicted = 0;
  for (let c = 1; c < classes; c++) if (scores[row * classes + c]! > scores[row * classes + predicted]!) predicted = c;
  const top = scores[row * classes + predicted]!;
  let total = 0;
  for (let c = 0; c < classes; c++) total += Math.exp(scores[row * classes + c]! - top);
  return { predicted, confidence: 1 / total };
}

/** Images of every class in turn, the first ones of each. */
export function sampleImages(
  images: { readonly data: Uint8Array; readonly shape: readonly number[] },
  labels: ArrayLike<number>,
  answers: Answers,
  perClass: number,
): ReportImage[] {
  const [, height, width] = images.shape as readonly [number, number, number];
  const size = height * width;
  const taken = new Array<number>(answers.classes).fill(0);
  const chosen: { readonly turn: number; readonly image: ReportImage }[] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (taken[label]! >= perClass) continue;
    const pixels = images.data.subarray(i * size, (i + 1) * size);
    chosen.push({ turn: taken[label]!++, image: { pixels, width, height, label, ...answerOf(answers, i) } });
  }
  return chosen.sort((a, b) => a.turn - b.turn || a.image.label - b.image.label).map(({ image }) => image);
}
