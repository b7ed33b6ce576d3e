/**
 * Metrics of one's own: those in properties of models and layers.
 */
import { BaseMetric } from '@dl/layers/metrics';
import type { Layer, Tensors } from '@dl/layers';
import type { Tensor } from '@dl/tensor';
import type { Logs } from '../callbacks/callback.ts';
import type { NamedMetric } from './compiled-metrics.ts';

/** Metrics in properties of a layer and of all layers inside, alone or in arrays. */
export function findMetrics(layer: Layer<Tensors, Tensors>): readonly BaseMetric[] {
  const values = layer.flattenLayers().flatMap((inner) => Object.values(inner).flat() as unknown[]);
  return [...new Set(values.filter((value) => value instanceof BaseMetric))];
}

/** Reads the present values of metrics; several values of one metric count as their mean. */
export async function readValues(named: readonly NamedMetric[]): Promise<Logs> {
  const results: readonly Tensor[] = named.map(({ metric }) => metric.result());
  const values = await Promise.all(results.map((result) => result.data()));
  for (const result of results) result.dispose();
  return Object.fromEntries(
    named.map(({ name }, i) => {
      let sum = 0;
      for (const value of values[i]!) sum += value;
      return [name, sum / values[i]!.length];
    }),
  );
}
