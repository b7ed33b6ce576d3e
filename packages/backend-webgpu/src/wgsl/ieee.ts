/**
 * IEEE 754 in WGSL: NaN, infinities and signed zeros by their bits. Shader compilers may assume that there are none of
 * them, and `!=` reaches Vulkan drivers as an ordered comparison, so nothing here compares floats as floats.
 */
import type { Helpers } from './helpers.ts';

export const IEEE: Helpers = {
  // Read from private variables, because WGSL rejects NaN and infinity in constant expressions.
  specials: {
    needs: [],
    code: `var<private> inf_bits: u32 = 0x7f800000u;
var<private> nan_bits: u32 = 0x7fc00000u;
fn dl_inf() -> f32 { return bitcast<f32>(inf_bits); }
fn dl_nan() -> f32 { return bitcast<f32>(nan_bits); }`,
  },
  isNan: {
    needs: [],
    code: `fn dl_is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`,
  },
  isZero: {
    needs: [],
    code: `fn dl_is_zero(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0u; }`,
  },
  // Integers in the order of the floats; both zeros are 0, and NaN lies beyond the infinities.
  key: {
    needs: [],
    code: `fn dl_key(x: f32) -> i32 { let bits = bitcast<i32>(x); return select(bits, -(bits & 0x7fffffff), bits < 0); }`,
  },
  eq: {
    needs: ['key'],
    code: `fn dl_eq(a: f32, b: f32) -> bool { let k = dl_key(a); return k == dl_key(b) && abs(k) <= 0x7f800000; }`,
  },
  lt: {
    needs: ['key'],
    code: `fn dl_lt(a: f32, b: f32) -> bool { let k = dl_key(a); let l = dl_key(b); return k < l && k >= -0x7f800000 && l <= 0x7f800000; }`,
  },
  le: {
    needs: ['key'],
    code: `fn dl_le(a: f32, b: f32) -> bool { let k = dl_key(a); let l = dl_key(b); return k <= l && k >= -0x7f800000 && l <= 0x7f800000; }`,
  },
  // As key, but −0 lies below 0.
  order: {
    needs: [],
    code: `fn dl_order(x: f32) -> i32 { let bits = bitcast<i32>(x); return select(bits, bits ^ 0x7fffffff, bits < 0); }`,
  },
  max: {
    needs: ['isNan', 'order'],
    code: `fn dl_max(a: f32, b: f32) -> f32 { if (dl_is_nan(a)) { return a; } if (dl_is_nan(b)) { return b; } return select(b, a, dl_order(a) > dl_order(b)); }`,
  },
  min: {
    needs: ['isNan', 'order'],
    code: `fn dl_min(a: f32, b: f32) -> f32 { if (dl_is_nan(a)) { return a; } if (dl_is_nan(b)) { return b; } return select(b, a, dl_order(a) < dl_order(b)); }`,
  },
  sign: {
    needs: [],
    code: `fn dl_sign(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let m = bits & 0x7fffffffu;
  return select(bitcast<f32>(0x3f800000u | (bits & 0x80000000u)), x, m == 0u || m > 0x7f800000u);
}`,
  },
  // The magnitude of an odd function, with the sign of its argument.
  odd: {
    needs: [],
    code: `fn dl_odd(y: f32, x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u)); }`,
  },
  // The built-in may be a product with 1/√x, which is ∞ at 0 and 0 at ∞.
  sqrt: {
    needs: ['specials'],
    code: `fn dl_sqrt(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let m = bits & 0x7fffffffu;
  if (m == 0u || m > 0x7f800000u || bits == 0x7f800000u) { return x; }
  if (bits != m) { return dl_nan(); }
  return sqrt(x);
}`,
  },
};
