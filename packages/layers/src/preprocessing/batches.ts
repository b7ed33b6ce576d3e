/**
 * What `adapt` takes: one array, or batches of them from a dataset, a generator or a list.
 */
import { ConfigError, isArrayData, tensor, Tensor, Variable, type ArrayData, type TensorLike } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';

/** Numbers for `adapt`: an array, or batches of arrays; of a batch [inputs, labels], the inputs count. */
export type AdaptData = TensorLike | ArrayData | Iterable<unknown> | AsyncIterable<unknown>;

/** Row-major values on the host. */
export interface HostValues {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

const isHeld = (x: unknown): boolean =>
  x instanceof Tensor || x instanceof Variable || ArrayBuffer.isView(x) || isArrayData(x);

/** Whether something is an array by itself, rather than batches of arrays. */
function isArray(data: unknown): boolean {
  if (isHeld(data) || typeof data === 'number' || typeof data === 'string') return true;
  return Array.isArray(data) && !isHeld(data[0]);
}

/** The inputs of a batch, which may come with labels. */
function inputsOf(batch: unknown): unknown {
  const pair = Array.isArray(batch) && (isHeld(batch[0]) || isHeld(batch[1]));
  return pair ? (batch as unknown[])[0] : batch;
}

/**
 * The arrays of what `adapt` was given, one after the other.
 *
 * @throws ConfigError for something else.
 */
export async function* batchesOf(data: unknown, where: string): AsyncGenerator<unknown> {
  if (isArray(data)) {
    yield data;
    return;
  }
  const source = data as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null;
  if (typeof source !== 'object' || source === null || !(Symbol.iterator in source || Symbol.asyncIterator in source)) {
    throw new ConfigError(`${where}: adapt takes an array, a tensor or an iterable of batches, got ${describe(data)}`);
  }
  for await (const batch of data as AsyncIterable<unknown>) yield inputsOf(batch);
}

/** The numbers of an array, read from the device where they are there. */
export async function hostValues(array: unknown): Promise<HostValues> {
  const t = tensor(array as TensorLike);
  return { values: await t.data(), shape: t.shape };
}
