/**
 * Trigonometric functions in WGSL. Polynomials are the single-precision ones of Cephes (S. Moshier); large angles are
 * reduced after Payne and Hanek.
 */
import type { Helpers } from './helpers.ts';

export const TRIGONOMETRY: Helpers = {
  reduce: {
    needs: [],
    code: `struct dl_Angle { quadrant: i32, rest: f32 }
fn dl_mul_wide(a: u32, b: u32) -> vec2<u32> {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let p00 = a0 * b0; let p01 = a0 * b1; let p10 = a1 * b0;
  let mid = (p00 >> 16u) + (p01 & 0xffffu) + (p10 & 0xffffu);
  return vec2<u32>((p00 & 0xffffu) | (mid << 16u), a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (mid >> 16u));
}
fn dl_reduce(x: f32) -> dl_Angle {
  let a = abs(x);
  var angle: dl_Angle;
  if (a < 1000f) {
    let k = round(a * 0.636619772f);
    angle.quadrant = i32(k);
    angle.rest = ((a - k * 1.5703125f) - k * 4.837512969970703e-4f) - k * 7.5497899548918821e-8f;
  } else {
    var two_over_pi = array<u32, 6>(0x3c439041u, 0xdb629599u, 0xf534ddc0u, 0xfc2757d1u, 0x4e441529u, 0xa2f9836eu);
    let bits = bitcast<u32>(a);
    let e = i32(bits >> 23u) - 128;
    let mantissa = (bits << 8u) | 0x80000000u;
    var product = array<u32, 7>(0u, 0u, 0u, 0u, 0u, 0u, 0u);
    var carry = 0u;
    for (var i = 0; i < 6; i++) {
      let w = dl_mul_wide(mantissa, two_over_pi[i]);
      let low = w.x + carry;
      carry = w.y + select(0u, 1u, low < w.x);
      product[i] = low;
    }
    product[6] = carry;
    let at = 4 - (e >> 5u);
    var hi = product[at + 2];
    var lo = product[at + 1];
    let s = u32(e & 31);
    if (s != 0u) { hi = (hi << s) | (lo >> (32u - s)); lo = (lo << s) | (product[at] >> (32u - s)); }
    var q = i32(hi >> 30u);
    hi = (hi << 2u) | (lo >> 30u);
    lo = lo << 2u;
    let up = hi >> 31u;
    q = q + i32(up);
    if (up == 1u) { hi = ~hi; lo = ~lo; }
    var fraction = f32(hi) * 2.3283064e-10f + f32(lo) * 5.4210109e-20f;
    if (up == 1u) { fraction = -fraction; }
    angle.quadrant = q;
    angle.rest = fraction * 1.57079637f;
  }
  return angle;
}
fn dl_poly_sin(r: f32) -> f32 {
  let z = r * r;
  return ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
}
fn dl_poly_cos(r: f32) -> f32 {
  let z = r * r;
  return ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1f;
}`,
  },
  sin: {
    needs: ['reduce', 'specials', 'odd'],
    code: `fn dl_sin(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return dl_nan(); }
  let angle = dl_reduce(x);
  let q = angle.quadrant & 3;
  var y = select(dl_poly_sin(angle.rest), dl_poly_cos(angle.rest), (q & 1) == 1);
  if (q >= 2) { y = -y; }
  return dl_odd(y, x);
}`,
  },
  cos: {
    needs: ['reduce', 'specials'],
    code: `fn dl_cos(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return dl_nan(); }
  let angle = dl_reduce(x);
  let q = (angle.quadrant + 1) & 3;
  let y = select(dl_poly_sin(angle.rest), dl_poly_cos(angle.rest), (q & 1) == 1);
  return select(y, -y, q >= 2);
}`,
  },
  atan: {
    needs: ['isNan', 'odd'],
    code: `fn dl_atan(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  let a = abs(x);
  var base = 0f;
  var t = a;
  if (a > 2.414213562f) { base = 1.57079637f; t = -1f / a; } else if (a > 0.4142135623f) { base = 0.785398163f; t = (a - 1f) / (a + 1f); }
  let z = t * t;
  let y = base + ((((8.05374449538e-2f * z - 1.38776856032e-1f) * z + 1.99777106478e-1f) * z - 3.33329491539e-1f) * z * t + t);
  return dl_odd(y, x);
}`,
  },
  atan2: {
    needs: ['atan', 'isNan', 'specials', 'odd'],
    code: `fn dl_atan2(y: f32, x: f32) -> f32 {
  if (dl_is_nan(x) || dl_is_nan(y)) { return dl_nan(); }
  let ax = abs(x); let ay = abs(y);
  let infinite = bitcast<u32>(ax) == 0x7f800000u && bitcast<u32>(ay) == 0x7f800000u;
  var r = 0f;
  if (infinite) { r = 0.785398163f; } else if (ay != 0f || ax == 0f) { r = select(dl_atan(ay / ax), 0f, ay == 0f); if (ay > ax) { r = 1.57079637f - dl_atan(ax / ay); } }
  if ((bitcast<u32>(x) >> 31u) == 1u) { r = 3.14159274f - r; }
  return dl_odd(r, y);
}`,
  },
  asin: {
    needs: ['specials', 'isNan', 'odd'],
    code: `fn dl_asin(x: f32) -> f32 {
  let a = abs(x);
  if (dl_is_nan(x) || a > 1f) { return dl_nan(); }
  let far = a > 0.5f;
  let z = select(a * a, 0.5f * (1f - a), far);
  let s = select(a, sqrt(z), far);
  let p = (((4.2163199048e-2f * z + 2.4181311049e-2f) * z + 4.5470025998e-2f) * z + 7.4953002686e-2f) * z + 1.6666752422e-1f;
  var y = p * z * s + s;
  if (far) { y = 1.57079637f - 2f * y; }
  return dl_odd(y, x);
}`,
  },
  acos: {
    needs: ['asin', 'isNan'],
    code: `fn dl_acos(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  if (x > 0.5f) { return 2f * dl_asin(sqrt(0.5f * (1f - x))); }
  if (x < -0.5f) { return 3.14159274f - 2f * dl_asin(sqrt(0.5f * (1f + x))); }
  return 1.57079637f - dl_asin(x);
}`,
  },
};
