/**
 * Tensors with memory of their own, filled with one value.
 */
import { tensor, type DType, type Shape, type Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor/interpreter';

/**
 * As `full`, but with memory for every element: state that starts so has the layout it keeps, and programs that update
 * it are compiled once.
 */
export function filled(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  return tensor(new Float32Array(sizeOf(shape)).fill(value), dtype, shape);
}
