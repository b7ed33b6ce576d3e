/**
 * For backend authors: the contract, the kernel IR, and what turns richer programs into simpler ones.
 */
export type { Backend, Buffer, Capabilities, Executable } from './backend/backend.ts';
export { interpret, reference } from './backend/reference/reference.ts';
export { FLOAT_ARITHMETIC, FLOAT_UNARY } from './backend/reference/float-functions.ts';
export { buffersOf, exprsOf, operandsOf, writtenBy } from './kernel/inspect.ts';
export { bodiesOf, isNested, simpleKernels, type SimpleKernel } from './kernel/nested.ts';
export { legalize } from './kernel/legalize.ts';
export { checkTrips, withoutCondition } from './kernel/unroll.ts';
export { splitWide, type SplitWide } from './graph/split-wide.ts';
export * from './kernel/kernel.ts';
export * from './kernel/scalar.ts';
export {
  byteWidth,
  computeDType,
  fromFloat16Bits,
  isFloating,
  isInteger,
  isNarrow,
  toFloat16Bits,
  viewBytes,
  type ComputeDType,
  type DType,
  type NarrowDType,
  type TypedArray,
} from './dtype.ts';
export { BackendError, DisposedError, DlError, DTypeError } from './errors.ts';
