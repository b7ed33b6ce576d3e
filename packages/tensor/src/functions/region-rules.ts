/**
 * How loops and switches lower. A loop runs its graph again and again on values it carries from one iteration to the next; a
 * switch runs one of several graphs.
 */
import type { KernelBuilder } from '../graph/kernel-builder.ts';
import type { LoopAttrs, SwitchAttrs } from '../ops/attrs.ts';
import type { RegionRules } from '../ops/regions.ts';
import type { Aval, Source } from '../ops/spec.ts';
import { loopGradient } from './loop-gradient.ts';
import { switchGradient } from './switch-gradient.ts';

/** What an iteration sees of a stacked value. */
function element({ shape, strides, ...rest }: Source): Source {
  return { ...rest, shape: shape.slice(1), strides: strides.slice(1), iterationStride: strides[0]! };
}

const temp = (builder: KernelBuilder, { dtype, shape }: Aval): Source => builder.buffer('temp', dtype, shape);

/** A value that does not move with the iteration of a loop around this one. */
function still(builder: KernelBuilder, source: Source): Source {
  if (source.iterationStride === undefined) return source;
  const copy = temp(builder, source);
  builder.copy(source, copy);
  return copy;
}

/** What a loop gives and how it runs. */
export const loopRules: RegionRules<LoopAttrs> = {
  gradient: loopGradient,
  infer: ({ body, carries, trip }) =>
    body.outputs.map(({ shape, dtype }, i) => ({ shape: i < carries ? shape : [trip, ...shape], dtype })),
  lower: (builder, inputs, { trip, reverse, body, carries, stacked, conditional }, outputs) => {
    const results = outputs.slice(0, carries);
    const [current, next] = [results.map((x) => temp(builder, x)), results.map((x) => temp(builder, x))];
    current.forEach((target, i) => builder.copy(inputs[i]!, target));
    const [elements, outside] = [inputs.slice(carries, carries + stacked), inputs.slice(carries + stacked)].map(
      (sources) => sources.map((source) => still(builder, source)),
    ) as [Source[], Source[]];
    // Stacked outputs that are elements of those of a loop around this one are gathered first.
    const stacks = outputs.slice(carries);
    const places = stacks.map((target) => (target.iterationStride === undefined ? target : temp(builder, target)));
    const kernels = builder.nested(
      body,
      [...current, ...elements.map(element), ...outside],
      [...next, ...places.map(element)],
    );
    builder.add({
      kind: 'loop',
      trip,
      reverse,
      carries: current.map(({ buffer }, i) => ({ current: buffer, next: next[i]!.buffer })),
      condition: conditional ? current.at(-1)!.buffer : undefined,
      body: kernels,
    });
    places.forEach((place, i) => place !== stacks[i] && builder.copy(place, stacks[i]!));
    current.forEach((source, i) => builder.copy(source, results[i]!));
  },
};

/** What a switch gives and how it runs. */
export const switchRules: RegionRules<SwitchAttrs> = {
  gradient: switchGradient,
  infer: ({ branches }) => branches[0]!.outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  lower: (builder, [index, ...given], { branches }, outputs) => {
    const results = outputs.map((x) => temp(builder, x));
    const chosen = temp(builder, index!);
    builder.copy(index!, chosen);
    builder.add({
      kind: 'switch',
      index: chosen.buffer,
      branches: branches.map((branch) => builder.nested(branch, given, results)),
      results: results.map(({ buffer }) => buffer),
    });
    results.forEach((source, i) => builder.copy(source, outputs[i]!));
  },
};
