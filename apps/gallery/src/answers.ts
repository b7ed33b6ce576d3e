/**
 * Reading the answers of classifiers.
 */
import type { Tensor } from '@dl/keras';

/** For each row of scores [samples, classes], the class with the highest. */
export async function best(scores: Tensor): Promise<number[]> {
  return [...(await scores.argMax(-1).data())];
}

/** The share of answers that are right. */
export function share(answers: ArrayLike<number>, truth: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < truth.length; i++) right += Number(answers[i] === truth[i]);
  return right / truth.length;
}
