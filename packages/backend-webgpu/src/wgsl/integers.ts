/**
 * Integer arithmetic, conversions and exact remainders in WGSL.
 */
import type { Helpers } from './helpers.ts';

export const INTEGERS: Helpers = {
  toInt: {
    needs: ['isNan'],
    code: `fn dl_to_i32(x: f32) -> i32 {
  if (dl_is_nan(x)) { return 0; }
  if (x >= 2147483648f) { return 2147483647; }
  if (x <= -2147483648f) { return -2147483647 - 1; }
  return i32(x);
}
fn dl_to_u32(x: f32) -> u32 {
  if (dl_is_nan(x) || x <= 0f) { return 0u; }
  if (x >= 4294967296f) { return 0xffffffffu; }
  return u32(x);
}`,
  },
  mulHi: {
    needs: [],
    code: `fn dl_mul_hi(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let p01 = a0 * b1; let p10 = a1 * b0;
  let mid = ((a0 * b0) >> 16u) + (p01 & 0xffffu) + (p10 & 0xffffu);
  return a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (mid >> 16u);
}`,
  },
  integers: {
    needs: [],
    code: `fn dl_div_i32(a: i32, b: i32) -> i32 { if (b == 0) { return 0; } if (b == -1) { return -a; } return a / b; }
fn dl_rem_i32(a: i32, b: i32) -> i32 { if (b == 0 || b == -1) { return 0; } return a % b; }
fn dl_div_u32(a: u32, b: u32) -> u32 { if (b == 0u) { return 0u; } return a / b; }
fn dl_rem_u32(a: u32, b: u32) -> u32 { if (b == 0u) { return 0u; } return a % b; }
fn dl_pow_i32(a: i32, b: i32) -> i32 {
  if (b < 0) { if (a == 1) { return 1; } if (a == -1) { return select(1, -1, (b & 1) != 0); } return 0; }
  var result = 1; var base = a; var n = b;
  while (n > 0) { if ((n & 1) == 1) { result = result * base; } base = base * base; n = n >> 1u; }
  return result;
}
fn dl_pow_u32(a: u32, b: u32) -> u32 {
  var result = 1u; var base = a; var n = b;
  while (n > 0u) { if ((n & 1u) == 1u) { result = result * base; } base = base * base; n = n >> 1u; }
  return result;
}`,
  },
  // Rounds to half precision by integer arithmetic: the built-in's rounding is up to the device.
  half: {
    needs: ['specials', 'isNan'],
    code: `fn dl_half(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let m = bits & 0x7fffffffu;
  if (m >= 0x7f800000u) { return x; }
  let sign = bits & 0x80000000u;
  if (m >= 0x477ff000u) { return bitcast<f32>(bitcast<u32>(dl_inf()) | sign); }
  if (m < 0x38800000u) { return bitcast<f32>(bitcast<u32>(round(abs(x) * 16777216f) * 5.9604645e-8f) | sign); }
  let r = (m + 0xfffu + ((m >> 13u) & 1u)) & 0xffffe000u;
  return bitcast<f32>(r | sign);
}`,
  },
  // Exact remainder by shifting the divisor down, as in long division.
  fmod: {
    needs: ['specials', 'isNan', 'isZero'],
    code: `fn dl_fmod(x: f32, y: f32) -> f32 {
  let b = abs(y);
  var r = abs(x);
  if (dl_is_nan(x) || dl_is_nan(y) || dl_is_zero(b) || bitcast<u32>(r) == 0x7f800000u) { return dl_nan(); }
  if (bitcast<u32>(b) == 0x7f800000u || r < b) { return x; }
  var n = i32(bitcast<u32>(r) >> 23u) - i32(bitcast<u32>(b) >> 23u);
  loop {
    if (n < 0) { break; }
    let lowered = bitcast<f32>(bitcast<u32>(b) + (u32(n) << 23u));
    if (r >= lowered) { r = r - lowered; }
    n = n - 1;
  }
  return bitcast<f32>(bitcast<u32>(r) | (bitcast<u32>(x) & 0x80000000u));
}`,
  },
};
