/**
 * Loops and switches under transformations: what runs inside is traced once under the transformation, so that the result is
 * one loop or switch again, whose values have tangents, or stand for many examples.
 */
import { any, broadcastTo, moveAxis, where, zerosLike, type Tensor } from '@dl/tensor';
import { isFloating, replay, runLoop, runSwitch, trace, type Graph, type OpAttrs } from '@dl/tensor/interpreter';
import { Jvp } from './jvp/interpreter.ts';
import { VMap } from './vmap/interpreter.ts';

type LoopAttrs = OpAttrs['loop'];
type WithTangent = readonly [value: Tensor, tangent: Tensor | null];

/** A tensor of examples, or one that they share. */
export interface Examples {
  readonly tensor: Tensor;
  readonly batched: boolean;
}

/** Asks `step` which carries are affected when those so far are, until that is all. */
function affected(first: readonly boolean[], step: (mask: readonly boolean[]) => readonly boolean[]): boolean[] {
  for (let mask = [...first]; ;) {
    const next = step(mask);
    const grown = mask.map((is, i) => is || next[i]!);
    if (grown.every((is, i) => is === mask[i])) return grown;
    mask = grown;
  }
}

/** What a graph makes of values of which some have tangents. */
function withTangents(
  graph: Graph,
  values: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
): readonly WithTangent[] {
  const jvp = new Jvp();
  const inputs = values.map((value, i) => (tangents[i] ? jvp.enter(value, tangents[i]) : value));
  return jvp
    .run(() => replay(graph, inputs))
    .map((value) => [value, isFloating(value.dtype) ? jvp.tangentOf(value) : null] as const);
}

/** Results of a loop, with their tangents. */
export function loopWithTangents(
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  attrs: LoopAttrs,
): readonly WithTangent[] {
  const { body, carries: count, stacked, conditional } = attrs;
  const carries = inputs.slice(0, count);
  const rows = inputs.slice(count, count + stacked);
  const outside = inputs.slice(count + stacked);
  const elements = rows.flatMap((_, i) => (tangents[count + i] ? [i] : []));

  /** One iteration, given values and tangents of carries, and elements and their tangents. */
  const run = (
    now: readonly (Tensor | null)[],
    values: readonly Tensor[],
    parts: readonly Tensor[],
    changes: readonly Tensor[],
  ): readonly WithTangent[] =>
    withTangents(
      body,
      [...values, ...parts, ...outside],
      [...now, ...rows.map((_, i) => changes[elements.indexOf(i)] ?? null), ...tangents.slice(count + stacked)],
    );

  let outputs: readonly boolean[] = [];
  const partOf = ({ shape, dtype }: Tensor): Pick<Tensor, 'shape' | 'dtype'> => ({ shape: shape.slice(1), dtype });
  const mask = affected(
    carries.map((_, i) => tangents[i] !== null),
    (now) => {
      trace(
        (all) => {
          const values = all.slice(0, count);
          const given = values.map((value, i) => (now[i] ? zerosLike(value) : null));
          const parts = all.slice(count, count + stacked);
          outputs = run(given, values, parts, all.slice(count + stacked)).map(([, tangent]) => tangent !== null);
          return [];
        },
        [...carries, ...rows.map(partOf), ...elements.map((i) => partOf(rows[i]!))],
      );
      return outputs;
    },
  );
  const moving = mask.flatMap((is, i) => (is ? [i] : []));
  const changing = outputs.flatMap((is, i) => (is && i >= count ? [i] : []));
  // What says whether to go on stays last.
  const ahead = conditional ? count - 1 : count;
  const joined = (values: readonly Tensor[], changes: readonly Tensor[]): Tensor[] => [
    ...values.slice(0, ahead),
    ...changes,
    ...values.slice(ahead),
  ];
  const parted = (list: readonly Tensor[]): readonly [values: Tensor[], changes: Tensor[]] => [
    [...list.slice(0, ahead), ...list.slice(ahead + moving.length)],
    list.slice(ahead, ahead + moving.length),
  ];
  const changeOf = ([value, tangent]: WithTangent): Tensor => tangent ?? zerosLike(value);
  const results = runLoop(
    { name: 'jvp', trip: attrs.trip, reverse: attrs.reverse, conditional },
    {
      carries: joined(
        carries,
        moving.map((i) => tangents[i] ?? zerosLike(carries[i]!)),
      ),
      stacked: [...rows, ...elements.map((i) => tangents[count + i]!)],
    },
    (all) => {
      const [values, changes] = parted(all.carries);
      const now = mask.map((is, i) => (is ? changes[moving.indexOf(i)]! : null));
      const pairs = run(now, values, all.stacked.slice(0, stacked), all.stacked.slice(stacked));
      return {
        carries: joined(
          pairs.slice(0, count).map(([value]) => value),
          moving.map((i) => changeOf(pairs[i]!)),
        ),
        stacked: [...pairs.slice(count).map(([value]) => value), ...changing.map((i) => changeOf(pairs[i]!))],
      };
    },
  );
  const [values, changes] = parted(results.carries);
  const gathered = body.outputs.length - count;
  return [
    ...values.map((value, i) => [value, mask[i] ? changes[moving.indexOf(i)]! : null] as const),
    ...results.stacked
      .slice(0, gathered)
      .map((value, i) => [value, results.stacked[gathered + changing.indexOf(count + i)] ?? null] as const)
      .map(([value, change], i) => [value, changing.includes(count + i) ? change : null] as const),
  ];
}

/** Results of a switch, with their tangents. */
export function switchWithTangents(
  [index, ...operands]: readonly Tensor[],
  [, ...tangents]: readonly (Tensor | null)[],
  { branches }: OpAttrs['switch'],
): readonly WithTangent[] {
  const given = tangents.filter((tangent) => tangent !== null);
  const results = runSwitch(
    index!,
    branches.map((branch) => (all) => {
      const changes = all.slice(operands.length);
      const own = tangents.map((tangent) => (tangent === null ? null : changes.shift()!));
      const pairs = withTangents(branch, all.slice(0, operands.length), own);
      const floats = pairs.filter(([value]) => isFloating(value.dtype));
      return [...pairs.map(([value]) => value), ...floats.map(([value, tangent]) => tangent ?? zerosLike(value))];
    }),
    [...operands, ...given],
  );
  const changes = results.slice(branches[0]!.outputs.length);
  return branches[0]!.outputs.map(
    ({ dtype }, i) => [results[i]!, isFloating(dtype) ? changes.shift()! : null] as const,
  );
}

/** What a graph makes of values of which some are those of many examples. */
function ofExamples(graph: Graph, values: readonly Tensor[], batched: readonly boolean[], size: number): Examples[] {
  const vmap = new VMap(size);
  const inputs = values.map((value, i) => (batched[i] ? vmap.enter(value) : value));
  return vmap
    .run(() => replay(graph, inputs))
    .map((value) => {
      const full = vmap.fullOf(value);
      return { tensor: full ?? value, batched: full !== null };
    });
}

const wide = ({ tensor, batched }: Examples, size: number): Tensor =>
  batched ? tensor : broadcastTo(tensor, [size, ...tensor.shape]);

/** Results of a loop on many examples: those that are batched have an axis in front. */
export function loopOfExamples(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
  attrs: LoopAttrs,
): Examples[] {
  const { body, carries: count, stacked, conditional } = attrs;
  // Examples lie side by side within each element.
  const rows = inputs.slice(count, count + stacked).map((x, i) => (batched[count + i] ? moveAxis(x, 1, 0) : x));
  const outside = inputs.slice(count + stacked);
  const run = (values: readonly Tensor[], parts: readonly Tensor[], now: readonly boolean[]): Examples[] =>
    ofExamples(body, [...values, ...parts, ...outside], [...now, ...batched.slice(count)], size);
  const start = (now: readonly boolean[]): Tensor[] =>
    now.map((is, i) => (is ? wide({ tensor: inputs[i]!, batched: batched[i]! }, size) : inputs[i]!));

  let outputs: readonly boolean[] = [];
  const mask = affected(batched.slice(0, count), (now) => {
    const parts = rows.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
    trace(
      (all) => {
        outputs = run(all.slice(0, count), all.slice(count), now).map((result) => result.batched);
        return [];
      },
      [...start(now), ...parts],
    );
    // Once examples end at different times, each keeps its own carries.
    const apart = conditional && (now[count - 1]! || outputs[count - 1]!);
    return apart ? outputs.map(() => true) : outputs;
  });
  const apart = conditional && mask[count - 1]!;
  const results = runLoop(
    { name: 'vmap', trip: attrs.trip, reverse: attrs.reverse, conditional },
    { carries: apart ? [...start(mask), any(start(mask).at(-1)!)] : start(mask), stacked: rows },
    (all) => {
      const values = all.carries.slice(0, count);
      const found = run(values, all.stacked, mask);
      const next = found.slice(0, count).map((result, i) => (mask[i] ? wide(result, size) : result.tensor));
      const gathered = found.slice(count).map(({ tensor }) => tensor);
      if (!apart) return { carries: next, stacked: gathered };
      const goes = values.at(-1)!;
      const kept = next.map((value, i) =>
        where(goes.reshape([size, ...value.shape.slice(1).map(() => 1)]), value, values[i]!),
      );
      return { carries: [...kept, any(kept.at(-1)!)], stacked: gathered };
    },
  );
  return [
    ...results.carries.slice(0, count).map((tensor, i) => ({ tensor, batched: mask[i]! })),
    ...results.stacked.map((tensor, i) => ({
      tensor: outputs[count + i] ? moveAxis(tensor, 1, 0) : tensor,
      batched: outputs[count + i]!,
    })),
  ];
}

/** Results of a switch on many examples. Where each has an index of its own, all branches are computed. */
export function switchOfExamples(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
  { branches }: OpAttrs['switch'],
): Examples[] {
  const [index, ...operands] = inputs as [Tensor, ...Tensor[]];
  const all = (branch: Graph, values: readonly Tensor[]): Tensor[] =>
    ofExamples(branch, values, batched.slice(1), size).map((result) => wide(result, size));
  const batch = (tensor: Tensor): Examples => ({ tensor, batched: true });
  if (!batched[0]) {
    const wrapped = branches.map((branch) => (values: readonly Tensor[]) => all(branch, values));
    return runSwitch(index, wrapped, operands).map(batch);
  }
  const computed = branches.map((branch) => all(branch, operands));
  return computed[0]!.map((_, k) =>
    batch(
      computed
        .map((results) => results[k]!)
        .reduce((rest, value, i) =>
          where(index.equal(i).reshape([size, ...value.shape.slice(1).map(() => 1)]), value, rest),
        ),
    ),
  );
}
