/**
 * Sparse tensors, which do not exist here.
 */
import { ConfigError } from '@dl/tensor';

/** Throws for the option that Keras has for TensorFlow's sparse tensors. */
export function refuseSparse(where: string, sparse: boolean): void {
  if (sparse) throw new ConfigError(`${where}: there are no sparse tensors; leave out sparse`);
}
