/**
 * How the arguments of a call are said here: inputs in a list, the rest as options of `apply`.
 */
import type { AttentionCall, CallOptions, CategoryEncoding, CellArguments, ProjectedAttentionCall } from '@dl/layers';
import type { ReversibleEmbedding, RNNArguments } from '@dl/layers';
import type { Entry } from './inventory.ts';

/** The third argument of a class of layers: its options of a call. */
type OptionsOf<L> = L extends { apply(inputs: never, options?: infer C): unknown } ? keyof NonNullable<C> : never;

const options = {
  training: 'training' satisfies keyof CallOptions,
  mask: 'mask' satisfies keyof CallOptions,
  initial_state: 'initialState' satisfies keyof RNNArguments,
  states: 'states' satisfies keyof CellArguments,
  use_causal_mask: 'useCausalMask' satisfies keyof AttentionCall,
  return_attention_scores: 'returnAttentionScores' satisfies keyof AttentionCall,
  attention_mask: 'attentionMask' satisfies keyof ProjectedAttentionCall,
  count_weights: 'countWeights' satisfies OptionsOf<CategoryEncoding>,
  reverse: 'reverse' satisfies OptionsOf<ReversibleEmbedding>,
} as const;

/** What stands for an argument of a call beside the first input, or null. */
function here(key: string): string | null {
  if (Object.hasOwn(options, key)) return options[key as keyof typeof options];
  if (['value', 'key'].includes(key)) return 'apply([query, value, key])';
  if (/^(query|value|key)_mask$/.test(key)) return 'mask: [query, value, key]';
  return null;
}

/** The arguments of the calls of a class beside its input, `training` and `mask`; and those that nothing stands for. */
export function callOf({ call, here: exists }: Entry): {
  readonly shown: readonly string[];
  readonly failures: readonly string[];
} {
  if (exists === null) return { shown: [], failures: [] };
  const beside = call.slice(1).map(([key]) => [key, here(key)] as const);
  return {
    shown: [...new Set(beside.flatMap(([key, own]) => (own === null || key === own ? [] : [own])))],
    failures: beside.flatMap(([key, own]) => (own === null ? [`the argument ${key} of a call has no name here`] : [])),
  };
}
