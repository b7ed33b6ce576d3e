/**
 * Saving: models and weights as bytes.
 */
import { hdf5Parts, writeNpz, writeSafetensors, type NamedArray } from '@dl/formats';
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { AnyModel } from '../model.ts';
import { archiveParts } from './archive.ts';
import { weightTree } from './h5-weights.ts';
import { namesOf } from './named-weights.ts';
import { arrayOf } from './weight-plan.ts';

/** Options of `save`. */
export interface SaveOptions {
  /** Whether a file that exists is replaced; true unless given. */
  readonly overwrite?: boolean | undefined;
  /** Whether the state of the optimizer is stored; true unless given. */
  readonly includeOptimizer?: boolean | undefined;
}

/** Options of `saveWeights`. */
export interface SaveWeightsOptions extends SaveOptions {}

function join(parts: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const list = [...parts];
  const bytes = new Uint8Array(list.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of list) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export async function saveModel(
  model: AnyModel,
  _target: unknown,
  { includeOptimizer = true }: SaveOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return join(await archiveParts(model, { includeOptimizer }));
}

export async function saveModelWeights(
  model: AnyModel,
  _target: unknown,
  { includeOptimizer = true }: SaveWeightsOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return join(hdf5Parts(await weightTree(model, includeOptimizer && model.compiled ? model.optimizer : null)));
}
