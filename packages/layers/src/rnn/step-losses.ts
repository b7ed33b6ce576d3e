/**
 * Losses that layers add inside the body of a loop, where a tensor of one step means nothing outside.
 */
import type { Tensor } from '@dl/tensor';
import { addToCollector, collectLosses, isCollecting } from '../base/call-context.ts';

/** The losses added in the steps of one loop. */
export interface StepLosses {
  /** Runs a step and gives the losses it added, which the loop must stack. */
  readonly during: <T>(step: () => T) => readonly [value: T, losses: readonly Tensor[]];
  /** Adds the sums of what the loop stacked. */
  readonly add: (stacked: readonly Tensor[]) => void;
}

/** Starts to collect for one loop, if losses are being collected at all. */
export function collectingSteps(): StepLosses {
  const collecting = isCollecting();
  return {
    during: (step) => {
      if (!collecting) return [step(), []];
      const { value, losses } = collectLosses(step);
      return [value, losses];
    },
    add: (stacked) => {
      for (const losses of stacked) addToCollector(losses.sum());
    },
  };
}
