/**
 * Ops with graphs inside. They bring their own rules, so that programs without them carry none.
 */
import type { KernelBuilder } from '../graph/kernel-builder.ts';
import { iteration as counter } from '../kernel/scalar.ts';
import type { OpAttrs } from './attrs.ts';
import type { RegionGradient } from './callee.ts';
import type { Aval, ElementwiseRow, OpaqueRow, OpTable, Source } from './spec.ts';

/** What a loop or switch gives, how it runs, and how gradients go through. */
export interface RegionRules<A> {
  infer(attrs: A): readonly Aval[];
  lower(builder: KernelBuilder, inputs: readonly Source[], attrs: A, outputs: readonly Source[]): void;
  readonly gradient: RegionGradient<A>;
}

/** The number of the iteration of the innermost loop, from 0; in bodies of loops only. */
const iteration: ElementwiseRow<OpAttrs['iteration']> = {
  kind: 'elementwise',
  infer: () => [{ shape: [], dtype: 'int32' }],
  expr: () => counter(),
};

const region = <A extends { readonly rules: RegionRules<A> }>(): OpaqueRow<A> => ({
  kind: 'opaque',
  infer: (_, attrs) => attrs.rules.infer(attrs),
  lower: (builder, inputs, attrs, outputs) => attrs.rules.lower(builder, inputs, attrs, outputs),
});

export const REGIONS: Pick<OpTable, 'iteration' | 'loop' | 'switch'> = {
  iteration,
  loop: region<OpAttrs['loop']>(),
  switch: region<OpAttrs['switch']>(),
};
