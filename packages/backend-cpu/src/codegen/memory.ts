/**
 * Loads and stores of every dtype: narrow types widen to 32-bit lanes on load, and round or wrap on store.
 */
import { byteWidth, computeDType, type DType } from '@dl/tensor/backend';
import type { Code, I32, Local, V128 } from '../wasm/code.ts';
import { vecLocals, type Vec } from './vec.ts';

/** How far neighbouring lanes lie apart in memory, in bytes: nothing, one element, back one element, or any distance. */
export type LaneStep =
  | { readonly kind: 'same' }
  | { readonly kind: 'unit' }
  | { readonly kind: 'back' }
  | { readonly kind: 'apart'; readonly bytes: number | Local<I32> };

/** Where the first lane lies: a pointer, and bytes to add to it. */
export interface Place {
  readonly pointer: Local<I32>;
  readonly offset: number;
  /** Lanes to skip besides, where their distance is only known at run time. */
  readonly skip?: number;
  readonly step: LaneStep;
}

/** The address of a lane: what to push, and what to add as immediate. */
type Address = readonly [push: () => I32, offset: number];

function addressOf(f: Code, pointer: Local<I32>, offset: number): Address {
  if (offset >= 0) return [() => f.get(pointer), offset];
  return [() => f.i32_add(f.get(pointer), f.i32(offset)), 0];
}

/** Addresses of the lanes, one by one. */
function laneAddresses(f: Code, { pointer, offset, skip = 0, step }: Place, width: number, lanes: number): Address[] {
  return Array.from({ length: lanes }, (_, lane): Address => {
    switch (step.kind) {
      case 'same':
        return addressOf(f, pointer, offset);
      case 'unit':
        return addressOf(f, pointer, offset + lane * width);
      case 'back':
        return addressOf(f, pointer, offset - lane * width);
      default: {
        const { bytes } = step;
        if (typeof bytes === 'number') return addressOf(f, pointer, offset + lane * bytes);
        const count = skip + lane;
        if (count === 0) return addressOf(f, pointer, offset);
        const moved = (): I32 => {
          const by = count === 1 ? f.get(bytes) : f.i32_mul(f.get(bytes), f.i32(count));
          return f.i32_add(f.get(pointer), by);
        };
        return [moved, offset];
      }
    }
  });
}

/** Half-precision bits in 32-bit lanes to floats: the multiplication also rights subnormals. */
function fromHalf(f: Code, h: Local<V128>): V128 {
  const [m, finite] = [f.local('v128'), f.local('v128')];
  f.set(m, f.i32x4_shl(f.v128_and(f.get(h), f.bits(0x7fff)), f.i32(13)));
  f.set(finite, f.f32x4_mul(f.get(m), f.bits(0x77800000)));
  const special = f.v128_or(f.get(m), f.bits(0x7f800000));
  f.set(finite, f.v128_bitselect(special, f.get(finite), f.i32x4_ge_u(f.get(m), f.bits(0x0f800000))));
  return f.v128_or(f.get(finite), f.i32x4_shl(f.v128_and(f.get(h), f.bits(0x8000)), f.i32(16)));
}

/** Half-precision bits of floats, to nearest even. */
function toHalf(f: Code, x: Local<V128>): V128 {
  const [m, normal, small, out] = f.locals('v128', 4) as [Local<V128>, Local<V128>, Local<V128>, Local<V128>];
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

/** Integer lanes of a narrow type as what kernels compute with. */
function widened(f: Code, dtype: DType, v: V128): V128 {
  if (dtype === 'bool') return f.i32x4_ne(v, f.bits(0));
  if (dtype !== 'float16') return v;
  const h = f.local('v128');
  f.set(h, v);
  return fromHalf(f, h);
}

/** Four neighbouring elements as integer lanes. */
function load4(f: Code, dtype: DType, [push, offset]: Address): V128 {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return f.i32x4_extend_low_i16x8_u(f.i16x8_extend_low_i8x16_u(f.v128_load32_zero(push(), offset)));
    case 'int8':
      return f.i32x4_extend_low_i16x8_s(f.i16x8_extend_low_i8x16_s(f.v128_load32_zero(push(), offset)));
    case 'uint16':
    case 'float16':
      return f.i32x4_load16x4_u(push(), offset);
    case 'int16':
      return f.i32x4_load16x4_s(push(), offset);
    default:
      return f.v128_load(push(), offset);
  }
}

/** One element as an integer. */
function load1(f: Code, dtype: DType, [push, offset]: Address): I32 {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return f.i32_load8_u(push(), offset);
    case 'int8':
      return f.i32_load8_s(push(), offset);
    case 'uint16':
    case 'float16':
      return f.i32_load16_u(push(), offset);
    case 'int16':
      return f.i32_load16_s(push(), offset);
    default:
      return f.i32_load(push(), offset);
  }
}

/** Loads four 32-bit elements at separate addresses. */
function gather4(f: Code, dtype: DType, addresses: readonly Address[]): V128 {
  if (byteWidth(dtype) === 4) {
    const v = f.local('v128');
    const [first, ...rest] = addresses as [Address, ...Address[]];
    f.set(v, f.v128_load32_zero(first[0](), first[1]));
    rest.forEach(([push, offset], i) => f.set(v, f.v128_load32_lane(push(), f.get(v), i + 1, offset)));
    return f.get(v);
  }
  let v = f.i32x4_splat(load1(f, dtype, addresses[0]!));
  for (let lane = 1; lane < 4; lane++) v = f.i32_replace(v, lane, load1(f, dtype, addresses[lane]!));
  return v;
}

/** Loads doubles: four neighbours, one for all, or each from its own place. */
function loadDoubles(f: Code, place: Place, lanes: 1 | 4): Vec {
  const out = f.locals('v128', 2) as [Local<V128>, Local<V128>];
  const addresses = laneAddresses(f, place, 8, lanes);
  if (lanes === 1 || place.step.kind === 'same') {
    const [push, offset] = addresses[0]!;
    f.set(out[0], f.v128_load64_splat(push(), offset));
    f.set(out[1], f.get(out[0]));
    return out;
  }
  out.forEach((local, part) => {
    const [push, offset] = addresses[2 * part]!;
    if (place.step.kind === 'unit') return f.set(local, f.v128_load(push(), offset));
    const [push2, offset2] = addresses[2 * part + 1]!;
    f.set(local, f.v128_load64_zero(push(), offset));
    f.set(local, f.v128_load64_lane(push2(), f.get(local), 1, offset2));
  });
  return out;
}

/** Loads one vector; with one lane the element is in all lanes. Not for float64. */
export function loadVector(f: Code, dtype: DType, place: Place, lanes: 1 | 4): V128 {
  const width = byteWidth(dtype);
  if (lanes === 1 || place.step.kind === 'same') {
    const [[push, offset]] = laneAddresses(f, place, width, 1) as [Address];
    if (width === 4) return f.v128_load32_splat(push(), offset);
    return widened(f, dtype, f.i32x4_splat(load1(f, dtype, [push, offset])));
  }
  if (place.step.kind === 'unit') return widened(f, dtype, load4(f, dtype, addressOf(f, place.pointer, place.offset)));
  if (place.step.kind === 'back') {
    const v = f.local('v128');
    f.set(v, load4(f, dtype, addressOf(f, place.pointer, place.offset - 3 * width)));
    return widened(f, dtype, f.shuffle(f.get(v), f.get(v), [3, 2, 1, 0]));
  }
  return widened(f, dtype, gather4(f, dtype, laneAddresses(f, place, width, 4)));
}

/** Loads a value into locals. */
export function loadVec(f: Code, dtype: DType, place: Place, lanes: 1 | 4): Vec {
  if (dtype === 'float64') return loadDoubles(f, place, lanes);
  const out = vecLocals(f, computeDType(dtype));
  f.set(out[0]!, loadVector(f, dtype, place, lanes));
  return out;
}

/** Loads a 32-bit value from four unrelated addresses. */
export function loadScattered(f: Code, dtype: DType, addresses: readonly (() => I32)[]): Vec {
  const list = addresses.map((push): Address => [push, 0]);
  if (dtype !== 'float64') return [f.keepVector(widened(f, dtype, gather4(f, dtype, list)))];
  return [0, 2].map((lane) => {
    const v = f.keepVector(f.v128_load64_zero(addresses[lane]!()));
    f.set(v, f.v128_load64_lane(addresses[lane + 1]!(), f.get(v), 1));
    return v;
  });
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

/** Stores four neighbouring elements of less than eight bytes. */
function store4(f: Code, dtype: DType, [push, offset]: Address, v: Local<V128>): void {
  const width = byteWidth(dtype);
  if (width === 4) return f.v128_store(push(), f.get(v), offset);
  const packed = f.local('v128');
  f.set(packed, narrowed(f, dtype, v));
  f.set(packed, f.i16x8_narrow_i32x4_u(f.get(packed), f.get(packed)));
  if (width === 2) return f.v128_store64_lane(push(), f.get(packed), 0, offset);
  f.v128_store32_lane(push(), f.i8x16_narrow_i16x8_u(f.get(packed), f.get(packed)), 0, offset);
}

/** Stores the first lanes of a value. */
export function storeVec(f: Code, dtype: DType, place: Place, lanes: number, v: Vec): void {
  const width = byteWidth(dtype);
  if (place.step.kind === 'same') lanes = 1;
  const addresses = laneAddresses(f, place, width, lanes);
  if (lanes === 4 && place.step.kind === 'unit') {
    if (dtype !== 'float64') return store4(f, dtype, addresses[0]!, v[0]!);
    v.forEach((part, i) => {
      const [push, offset] = addresses[2 * i]!;
      f.v128_store(push(), f.get(part), offset);
    });
    return;
  }
  if (dtype === 'float64') {
    addresses.forEach(([push, offset], lane) => f.v128_store64_lane(push(), f.get(v[lane >> 1]!), lane & 1, offset));
    return;
  }
  const raw = f.local('v128');
  f.set(raw, narrowed(f, dtype, v[0]!));
  addresses.forEach(([push, offset], lane) => {
    if (width === 4) f.v128_store32_lane(push(), f.get(raw), lane, offset);
    // Narrow elements sit in the low bytes of their 32-bit lanes.
    else if (width === 2) f.v128_store16_lane(push(), f.get(raw), 2 * lane, offset);
    else f.v128_store8_lane(push(), f.get(raw), 4 * lane, offset);
  });
}
