/**
 * The loop of recurrent layers: a step for each element of time, with masks.
 */
import { expandDims, scan, where, zerosLike, type Tensor } from '@dl/tensor';
import { collectingSteps } from './step-losses.ts';
import type { CellRun } from './cell.ts';

/** How {@link runSteps} goes over the steps. */
export interface StepsOptions {
  readonly step: CellRun['step'];
  /** The states before the first step. */
  readonly states: readonly Tensor[];
  /** Which state the output equals; otherwise an output to repeat where the first steps are masked. */
  readonly outputState: number | Tensor;
  /** [steps, batch]: which steps count. */
  readonly mask: Tensor | null;
  /** From the last step to the first. */
  readonly reverse: boolean;
  readonly unroll: boolean;
  /** Whether masked steps give zeros instead of the output before. */
  readonly zeroOutputForMask: boolean;
  /** Whether all outputs are wanted. */
  readonly sequences: boolean;
}

/** What the steps gave. */
export interface StepsResult {
  /** The output of the step that came last. */
  readonly last: Tensor;
  /** All outputs at the places of their inputs, [steps, batch, …], if they were wanted. */
  readonly all: Tensor | null;
  readonly states: readonly Tensor[];
}

/** `yes` where the mask of the batch holds. */
function choose(mask: Tensor, yes: Tensor, no: Tensor): Tensor {
  let condition = mask;
  while (condition.rank < yes.rank) condition = expandDims(condition, -1);
  return where(condition, yes, no);
}

/** Runs a cell over [steps, batch, …]. */
export function runSteps(sequence: Tensor, options: StepsOptions): StepsResult {
  const { step, states, outputState, mask, reverse, unroll, zeroOutputForMask, sequences } = options;
  const count = states.length;
  const owned = typeof outputState !== 'number';
  const losses = collectingSteps();
  const [carry, { outputs, lost }] = scan(
    (now: readonly Tensor[], [x, counts]: readonly [Tensor, Tensor | null]) => {
      const [[output, ...next], lost] = losses.during(() => step(x, now.slice(0, count)));
      const kept = counts === null ? next : next.map((state, i) => choose(counts, state, now[i]!));
      const y = counts === null ? output! : maskedOutput(output!, counts, now, kept);
      return [owned ? [...kept, y] : kept, { outputs: sequences ? y : null, lost }] as const;
    },
    owned ? [...states, outputState] : states,
    [sequence, mask] as const,
    { reverse, unroll },
  );
  losses.add(lost);
  return { last: owned ? carry[count]! : lastOf(carry[outputState]!), all: outputs, states: carry.slice(0, count) };

  function maskedOutput(output: Tensor, counts: Tensor, now: readonly Tensor[], kept: readonly Tensor[]): Tensor {
    if (zeroOutputForMask) return choose(counts, output, zerosLike(output));
    // A state that was carried on is the output before.
    return owned ? choose(counts, output, now[count]!) : kept[outputState]!;
  }

  function lastOf(state: Tensor): Tensor {
    if (mask === null || !zeroOutputForMask) return state;
    return choose(mask.at(reverse ? 0 : -1), state, zerosLike(state));
  }
}
