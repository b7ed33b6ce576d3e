/**
 * What is in a file, and what of it would go into a model, without loading it.
 */
import type { Limits } from '@dl/formats';
import { isPlain } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { builtOptimizer } from './load.ts';
import type { MatchOptions } from './model-file.ts';
import { openModelFile } from './open.ts';
import type { ModelSource } from './places.ts';
import { pathOf, type Problem } from './weight-plan.ts';

/** A layer as it stands in a file. */
export interface InspectedLayer {
  readonly name: string;
  readonly className: string;
}

/** An array as it stands in a file. */
export interface InspectedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** What a file holds. */
export interface Inspection {
  readonly format: string;
  /** Layers of the model, with those inside models; empty for weights alone. */
  readonly layers: readonly InspectedLayer[];
  readonly weights: readonly InspectedWeight[];
  /** Class of the optimizer it was compiled with, or null. */
  readonly optimizer: string | null;
  /** What would happen in the model that was given; null without one. */
  readonly match: {
    /** Weights that would be set, and what with. */
    readonly loads: readonly { readonly weight: string; readonly from: string }[];
    /** Weights that would not, and why. */
    readonly problems: readonly Problem[];
    /** Arrays that no weight takes. */
    readonly unused: readonly string[];
    /** What else is left out. */
    readonly warnings: readonly string[];
  } | null;
}

/** Options of {@link inspect}. */
export interface InspectOptions extends MatchOptions {
  readonly limits?: Limits | undefined;
}

/** See `saving.inspect`. */
export async function inspect(
  source: ModelSource,
  model: AnyModel | null = null,
  { limits, ...options }: InspectOptions = {},
): Promise<Inspection> {
  const file = await openModelFile(source, limits);
  try {
    const { weights } = file;
    const plan = model === null || weights === null ? null : weights.plan(model, builtOptimizer(model), options);
    const { optimizer } = (isPlain(file.compile) ? file.compile : {}) as { readonly optimizer?: unknown };
    return {
      format: file.format,
      layers: [...layersIn(file.model)],
      weights: (weights?.list() ?? []).map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      optimizer: isPlain(optimizer)
        ? String(optimizer['class_name'])
        : typeof optimizer === 'string'
          ? optimizer
          : null,
      match: plan && {
        loads: plan.assignments.map(({ variable, array }) => ({ weight: pathOf(variable), from: array.name })),
        problems: plan.problems,
        unused: plan.unused,
        warnings: plan.warnings,
      },
    };
  } finally {
    file.close();
  }
}

function* layersIn(record: unknown): Generator<InspectedLayer> {
  const { config } = (isPlain(record) ? record : {}) as { readonly config?: unknown };
  const layers = isPlain(config) ? config['layers'] : undefined;
  for (const layer of Array.isArray(layers) ? (layers as unknown[]) : []) {
    if (!isPlain(layer)) continue;
    const inner = layer['config'] as { readonly name?: unknown } | undefined;
    yield { name: String(layer['name'] ?? inner?.name), className: String(layer['class_name']) };
    yield* layersIn(layer);
  }
}
