/**
 * Results of programs: memory of their own, seen as tensors.
 */
import type { Backend, Buffer } from '../backend/backend.ts';
import type { OutputBinding } from '../graph/lower.ts';
import { Tensor } from '../tensor.ts';
import { Storage } from './storage.ts';

/** Makes memory for the results of a program, enters it into its arguments, and returns the results to be filled. */
export function allocateOutputs(backend: Backend, outputs: readonly OutputBinding[], args: Buffer[]): Tensor[] {
  const storages: Storage[] = [];
  const results = outputs.map(({ arg, view, layout }) => {
    const storage = (storages[arg] ??= new Storage(backend, layout.dtype, layout.size));
    return Tensor.stored(view.layout, storage, view.offset);
  });
  storages.forEach((storage, arg) => (args[arg] = storage.buffer));
  return results;
}
