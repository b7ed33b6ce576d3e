/**
 * Loads and stores of every dtype: narrow types widen to 32-bit lanes on load, and round or wrap on store.
 */
import { byteWidth, type DType } from '@dl/tensor/backend';
import type { Code, I32, Local, V128 } from '../wasm/assembler.ts';

/** log2 of an element's bytes. */
export function widthShift(dtype: DType): number {
  return Math.log2(byteWidth(dtype));
}

/** Bytes from elements, on the stack. */
export function scaled(f: Code, elements: I32, dtype: DType): I32 {
  const shift = widthShift(dtype);
  return shift === 0 ? elements : f.i32_shl(elements, f.i32(shift));
}

/** Half-precision bits in 32-bit lanes to floats: the multiplication also rights subnormals. */
function fromHalf(f: Code, h: Local<V128>): V128 {
  const m = f.local('v128');
  f.set(m, f.i32x4_shl(f.v128_and(f.get(h), f.bits(0x7fff)), f.i32(13)));
  const finite = f.local('v128');
  f.set(finite, f.f32x4_mul(f.get(m), f.bits(0x77800000)));
  const special = f.v128_or(f.get(m), f.bits(0x7f800000));
  f.set(finite, f.v128_bitselect(special, f.get(finite), f.i32x4_ge_u(f.get(m), f.bits(0x0f800000))));
  return f.v128_or(f.get(finite), f.i32x4_shl(f.v128_and(f.get(h), f.bits(0x8000)), f.i32(16)));
}

/** Half-precision bits of floats, to nearest even. */
export function toHalf(f: Code, x: Local<V128>): V128 {
  const [m, normal, small, out] = [f.local('v128'), f.local('v128'), f.local('v128'), f.local('v128')];
  f.set(m, f.v128_and(f.get(x), f.bits(0x7fffffff)));
  f.set(normal, f.i32x4_add(f.get(m), f.bits(0xfff - 0x38000000)));
  f.set(normal, f.i32x4_add(f.get(normal), f.v128_and(f.i32x4_shr_u(f.get(m), f.i32(13)), f.bits(1))));
  f.set(normal, f.i32x4_shr_u(f.get(normal), f.i32(13)));
  // 0.5 carries a 24-bit mantissa, so that the addition itself rounds subnormals to even.
  f.set(small, f.i32x4_sub(f.f32x4_add(f.get(m), f.splat(0.5)), f.bits(0x3f000000)));
  f.set(out, f.v128_bitselect(f.get(small), f.get(normal), f.i32x4_lt_u(f.get(m), f.bits(0x38800000))));
  f.set(out, f.v128_bitselect(f.bits(0x7c00), f.get(out), f.i32x4_ge_u(f.get(m), f.bits(0x477ff000))));
  f.set(out, f.v128_bitselect(f.bits(0x7e00), f.get(out), f.i32x4_gt_u(f.get(m), f.bits(0x7f800000))));
  return f.v128_or(f.get(out), f.i32x4_shr_u(f.v128_and(f.get(x), f.bits(1 << 31)), f.i32(16)));
}

/** Rounds floats to half precision and back. */
export function roundHalf(f: Code, x: Local<V128>): V128 {
  const h = f.local('v128');
  f.set(h, toHalf(f, x));
  return fromHalf(f, h);
}

/** Four neighbouring elements as 32-bit lanes (bool as masks). */
export function load4(f: Code, dtype: DType, address: () => I32): V128 {
  switch (dtype) {
    case 'bool':
      return f.i32x4_ne(
        f.i32x4_extend_low_i16x8_u(f.i16x8_extend_low_i8x16_u(f.v128_load32_zero(address()))),
        f.bits(0),
      );
    case 'uint8':
      return f.i32x4_extend_low_i16x8_u(f.i16x8_extend_low_i8x16_u(f.v128_load32_zero(address())));
    case 'int8':
      return f.i32x4_extend_low_i16x8_s(f.i16x8_extend_low_i8x16_s(f.v128_load32_zero(address())));
    case 'uint16':
      return f.i32x4_extend_low_i16x8_u(f.v128_load64_zero(address()));
    case 'int16':
      return f.i32x4_extend_low_i16x8_s(f.v128_load64_zero(address()));
    case 'float16': {
      const h = f.local('v128');
      f.set(h, f.i32x4_extend_low_i16x8_u(f.v128_load64_zero(address())));
      return fromHalf(f, h);
    }
    default:
      return f.v128_load(address());
  }
}

/** One element as an integer register. */
function load1Integer(f: Code, dtype: DType, address: I32): I32 {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return f.i32_load8_u(address);
    case 'int8':
      return f.i32_load8_s(address);
    case 'uint16':
    case 'float16':
      return f.i32_load16_u(address);
    case 'int16':
      return f.i32_load16_s(address);
    default:
      return f.i32_load(address);
  }
}

/** Elements at the given addresses, one per lane (one address: the same in all lanes). */
export function loadLanes(f: Code, dtype: DType, addresses: readonly (() => I32)[]): V128 {
  if (addresses.length === 1) {
    if (dtype === 'float32' || dtype === 'int32' || dtype === 'uint32') return f.v128_load32_splat(addresses[0]!());
    return widen(f, dtype, f.i32x4_splat(load1Integer(f, dtype, addresses[0]!())));
  }
  let v = f.i32x4_splat(load1Integer(f, dtype, addresses[0]!()));
  for (let lane = 1; lane < 4; lane++) v = f.i32_replace(v, lane, load1Integer(f, dtype, addresses[lane]!()));
  return widen(f, dtype, v);
}

function widen(f: Code, dtype: DType, v: V128): V128 {
  if (dtype === 'bool') return f.i32x4_ne(v, f.bits(0));
  if (dtype !== 'float16') return v;
  const h = f.local('v128');
  f.set(h, v);
  return fromHalf(f, h);
}

/** Lanes as the integers that memory will hold. */
function narrowed(f: Code, dtype: DType, v: Local<V128>): V128 {
  switch (dtype) {
    case 'bool':
      return f.v128_and(f.get(v), f.bits(1));
    case 'uint8':
    case 'int8':
      return f.v128_and(f.get(v), f.bits(0xff));
    case 'uint16':
    case 'int16':
      return f.v128_and(f.get(v), f.bits(0xffff));
    case 'float16':
      return toHalf(f, v);
    default:
      return f.get(v);
  }
}

/** Stores four neighbouring elements. */
export function store4(f: Code, dtype: DType, address: () => I32, v: Local<V128>): void {
  const width = byteWidth(dtype);
  if (width === 4) return f.v128_store(address(), f.get(v));
  const packed = f.local('v128');
  f.set(packed, narrowed(f, dtype, v));
  f.set(packed, f.i16x8_narrow_i32x4_u(f.get(packed), f.get(packed)));
  if (width === 2) return f.store_low(address(), f.get(packed), 64);
  f.store_low(address(), f.i8x16_narrow_i16x8_u(f.get(packed), f.get(packed)), 32);
}

/** Stores the first `addresses.length` lanes, each to its own address. */
export function storeLanes(f: Code, dtype: DType, addresses: readonly (() => I32)[], v: Local<V128>): void {
  const width = byteWidth(dtype);
  const raw = f.local('v128');
  f.set(raw, narrowed(f, dtype, v));
  addresses.forEach((address, lane) => {
    const at = address();
    const value = f.i32_lane(f.get(raw), lane);
    if (width === 4) f.i32_store(at, value);
    else if (width === 2) f.i32_store16(at, value);
    else f.i32_store8(at, value);
  });
}
