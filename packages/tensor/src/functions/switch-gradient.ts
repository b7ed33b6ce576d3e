/**
 * The gradient of a switch: a switch between the gradients of its branches, each of which runs its branch again.
 */
import { isFloating } from '../dtype.ts';
import { zeros } from '../create.ts';
import { zerosLike } from './numpy/ranges.ts';
import { replay } from '../graph/replay.ts';
import { trace } from '../graph/trace.ts';
import type { SwitchAttrs } from '../ops/attrs.ts';
import type { RegionGradient } from '../ops/callee.ts';
import { applyAll } from '../runtime/interpreter.ts';
import type { Tensor } from '../tensor.ts';
import { mergeBranches } from './merge-branches.ts';

/** Gradients of switches; see {@link RegionGradient}. */
export const switchGradient: RegionGradient<SwitchAttrs> = (inputs, attrs, wanted, differentiate) => {
  const outputs = applyAll('switch', inputs, attrs);
  const [index, ...operands] = inputs;
  const active = operands.map(({ dtype }, i) => wanted[i + 1]! && isFloating(dtype));
  const pull = (cotangents: readonly (Tensor | undefined)[]): (Tensor | null)[] => {
    const floats = outputs.flatMap(({ dtype }, i) => (isFloating(dtype) ? [i] : []));
    const given = floats.map((i) => cotangents[i] ?? zerosLike(outputs[i]!));
    const traces = attrs.branches.map((branch) =>
      trace(
        (all) => {
          const values = all.slice(0, operands.length);
          const places = new Map(floats.map((i, k) => [i, all[operands.length + k]!]));
          const dys = outputs.map(({ dtype }, i) => places.get(i) ?? zeros([], dtype));
          const parts = differentiate((fresh) => replay(branch, fresh), values, active, dys);
          return values.flatMap((value, i) => (active[i] ? [parts[i] ?? zerosLike(value)] : []));
        },
        [...operands, ...given],
      ),
    );
    const { branches, key, captures } = mergeBranches(traces, operands.length + given.length);
    const results = applyAll('switch', [index!, ...operands, ...given, ...captures], {
      branches,
      key,
      rules: attrs.rules,
    });
    return [null, ...active.map((is) => (is ? results.shift()! : null))];
  };
  return { outputs, count: outputs.length, pull };
};
