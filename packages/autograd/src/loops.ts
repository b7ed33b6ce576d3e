/**
 * Loops under transformations: the body is traced once under the transformation, so that the result is one loop again,
 * whose carries hold tangents, or all examples.
 */
import { broadcastTo, zerosLike, type Tensor } from '@dl/tensor';
import { applyAll, graphKey, isFloating, replay, trace, type Graph, type OpAttrs } from '@dl/tensor/interpreter';
import { Jvp } from './jvp/interpreter.ts';
import { VMap } from './vmap/interpreter.ts';

type LoopAttrs = OpAttrs['loop'];

/** Asks `step` which carries are affected when those so far are, until that is all. */
function affected(first: readonly boolean[], step: (mask: readonly boolean[]) => readonly boolean[]): boolean[] {
  for (let mask = [...first]; ;) {
    const next = step(mask);
    const grown = mask.map((is, i) => is || next[i]!);
    if (grown.every((is, i) => is === mask[i])) return grown;
    mask = grown;
  }
}

/** A loop over another body; what the body takes from outside becomes inputs. */
function loopOf(trip: number, carries: readonly Tensor[], body: (carries: readonly Tensor[]) => Tensor[]): Tensor[] {
  const { inputs, nodes, outputs, captures } = trace(body, carries);
  const graph: Graph = { inputs, nodes, outputs };
  return applyAll('loop', [...carries, ...captures], { trip, body: graph, key: graphKey(graph) });
}

/** Values of the last carries, with their tangents. */
export function loopWithTangents(
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | null)[],
  { trip, body }: LoopAttrs,
): (readonly [Tensor, Tensor | null])[] {
  const count = body.outputs.length;
  const run = (values: readonly Tensor[], given: readonly (Tensor | null)[]): (readonly [Tensor, Tensor | null])[] => {
    const jvp = new Jvp();
    const all = [...values, ...inputs.slice(count)].map((value, i) => {
      const tangent = i < count ? given[i]! : tangents[i]!;
      return tangent === null ? value : jvp.enter(value, tangent);
    });
    return jvp.run(() => replay(body, all, null)).map((value) => [value, jvp.tangentOf(value)] as const);
  };
  const carries = inputs.slice(0, count);
  const mask = affected(
    carries.map((_, i) => tangents[i] !== null),
    (now) => {
      let found: boolean[] = [];
      trace((values) => {
        const results = run(
          values,
          values.map((value, i) => (now[i] ? zerosLike(value) : null)),
        );
        found = results.map(([value, tangent]) => tangent !== null && isFloating(value.dtype));
        return [];
      }, carries);
      return found;
    },
  );
  const moving = carries.flatMap((_, i) => (mask[i] ? [i] : []));
  const starts = moving.map((i) => tangents[i] ?? zerosLike(carries[i]!));
  const results = loopOf(trip, [...carries, ...starts], (all) => {
    const own = all.slice(count);
    const pairs = run(
      all.slice(0, count),
      mask.map((is, i) => (is ? own[moving.indexOf(i)]! : null)),
    );
    return [...pairs.map(([value]) => value), ...moving.map((i) => pairs[i]![1] ?? zerosLike(pairs[i]![0]))];
  });
  return mask.map((is, i) => [results[i]!, is ? results[count + moving.indexOf(i)]! : null] as const);
}

/** The last carries of many examples: those that are batched have an axis in front. */
export function loopOfExamples(
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
  { trip, body }: LoopAttrs,
): { readonly tensor: Tensor; readonly batched: boolean }[] {
  const count = body.outputs.length;
  const run = (values: readonly Tensor[], now: readonly boolean[]): { tensor: Tensor; batched: boolean }[] => {
    const vmap = new VMap(size);
    const all = [...values, ...inputs.slice(count)].map((value, i) =>
      (i < count ? now[i] : batched[i]) ? vmap.enter(value) : value,
    );
    return vmap
      .run(() => replay(body, all, null))
      .map((value) => {
        const full = vmap.fullOf(value);
        return { tensor: full ?? value, batched: full !== null };
      });
  };
  const wide = (tensor: Tensor): Tensor => broadcastTo(tensor, [size, ...tensor.shape]);
  const carriesFor = (now: readonly boolean[]): Tensor[] =>
    now.map((is, i) => (is && !batched[i] ? wide(inputs[i]!) : inputs[i]!));
  const mask = affected(batched.slice(0, count), (now) => {
    let found: boolean[] = [];
    trace((values) => {
      found = run(values, now).map((result) => result.batched);
      return [];
    }, carriesFor(now));
    return found;
  });
  const results = loopOf(trip, carriesFor(mask), (values) =>
    run(values, mask).map((result, i) => (mask[i] && !result.batched ? wide(result.tensor) : result.tensor)),
  );
  return results.map((tensor, i) => ({ tensor, batched: mask[i]! }));
}
