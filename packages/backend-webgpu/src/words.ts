/**
 * Conversion between host elements and the 32-bit words that hold them on the device.
 */
import { fromFloat16Bits, toFloat16Bits, viewBytes, type DType } from '@dl/tensor/backend';

/** Device words of host elements. */
export function toWords(data: ArrayBufferView, dtype: DType): ArrayBufferView {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return data;
  const source = viewBytes(dtype, data.buffer, data.byteOffset, data.byteLength / elementBytes(dtype));
  return dtype === 'float16' ? Float32Array.from(source, fromFloat16Bits) : Int32Array.from(source);
}

/** Host elements of device words. */
export function fromWords(words: ArrayBuffer, dtype: DType): ArrayBuffer {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return words;
  const count = words.byteLength / 4;
  const target = viewBytes(dtype, new ArrayBuffer(count * elementBytes(dtype)));
  if (dtype === 'float16') new Float32Array(words).forEach((value, i) => (target[i] = toFloat16Bits(value)));
  else new Int32Array(words).forEach((value, i) => (target[i] = value));
  return target.buffer as ArrayBuffer;
}

function elementBytes(dtype: DType): number {
  return viewBytes(dtype, new ArrayBuffer(0)).BYTES_PER_ELEMENT;
}
