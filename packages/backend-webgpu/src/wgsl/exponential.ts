/**
 * Exponentials, logarithms and powers in WGSL, where built-ins are too inaccurate, or undefined for NaN and infinities.
 * Polynomials are the single-precision ones of Cephes (S. Moshier). No step relies on the rounding of an intermediate sum:
 * shader compilers may reassociate.
 */
import type { Helpers } from './helpers.ts';

export const EXPONENTIAL: Helpers = {
  scale: {
    needs: [],
    code: `fn dl_scale(x: f32, n: i32) -> f32 {
  let h = n >> 1u;
  return x * bitcast<f32>(u32(h + 127) << 23u) * bitcast<f32>(u32(n - h + 127) << 23u);
}`,
  },
  // e^r − 1 − r for |r| ≤ ½·log 2.
  expRest: {
    needs: [],
    code: `fn dl_exp_rest(r: f32) -> f32 {
  var p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r;
}`,
  },
  exp: {
    needs: ['specials', 'isNan', 'scale', 'expRest'],
    code: `fn dl_exp(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  if (x > 88.7228394f) { return dl_inf(); }
  if (x < -103.9721f) { return 0f; }
  let n = round(x * 1.44269504f);
  let r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  return dl_scale(dl_exp_rest(r) + r + 1f, i32(n));
}`,
  },
  // log(1 + m) for √½ ≤ 1 + m ≤ √2, less m itself.
  logRest: {
    needs: [],
    code: `fn dl_log_rest(m: f32) -> f32 {
  let z = m * m;
  var p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  return p * m * z - 0.5f * z;
}`,
  },
  log: {
    needs: ['specials', 'isNan', 'isZero', 'logRest'],
    code: `fn dl_log(v: f32) -> f32 {
  let sign = bitcast<u32>(v) >> 31u;
  if (dl_is_zero(v)) { return -dl_inf(); }
  if (dl_is_nan(v) || sign == 1u) { return dl_nan(); }
  if (bitcast<u32>(v) == 0x7f800000u) { return v; }
  var x = v;
  var e = 0f;
  if (bitcast<u32>(x) < 0x00800000u) { x = x * 8388608f; e = -23f; }
  let bits = bitcast<u32>(x);
  e = e + f32(i32(bits >> 23u) - 126);
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781f) { e = e - 1f; m = m + m - 1f; } else { m = m - 1f; }
  return m + (dl_log_rest(m) - e * 2.12194440e-4f) + e * 0.693359375f;
}`,
  },
  log1p: {
    needs: ['log', 'logRest', 'isNan'],
    code: `fn dl_log1p(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  if (x > -0.29f && x < 0.41f) { return x + dl_log_rest(x); }
  return dl_log(1f + x);
}`,
  },
  // 2^n·(e^r − 1) + (2^n − 1), where nothing cancels: for n ≠ 0 the result is not near 0.
  expm1: {
    needs: ['specials', 'isNan', 'scale', 'expRest'],
    code: `fn dl_expm1(x: f32) -> f32 {
  if (dl_is_nan(x) || abs(x) < 5.9604645e-8f) { return x; }
  if (x > 88.7228394f) { return dl_inf(); }
  if (x < -17.5f) { return -1f; }
  let n = round(x * 1.44269504f);
  let r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  let q = r + dl_exp_rest(r);
  if (n == 0f) { return q; }
  if (n > 30f) { return dl_scale(q + 1f, i32(n)); }
  let s = bitcast<f32>(u32(i32(n) + 127) << 23u);
  return s * q + (s - 1f);
}`,
  },
  tanh: {
    needs: ['expm1', 'isNan', 'odd'],
    code: `fn dl_tanh(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  let a = abs(x);
  if (a > 10f) { return dl_odd(1f, x); }
  let t = dl_expm1(-2f * a);
  return dl_odd(abs(t / (t + 2f)), x);
}`,
  },
  // Series near 0; Abramowitz and Stegun 7.1.26 elsewhere, within 1.5e-7.
  erf: {
    needs: ['exp', 'isNan', 'odd'],
    code: `fn dl_erf(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  let a = abs(x);
  if (a < 0.6f) {
    let z = x * x;
    return x * 1.12837917f * (1f + z * (-0.333333333f + z * (0.1f + z * (-0.0238095238f + z * (4.62962963e-3f + z * -7.57575758e-4f)))));
  }
  if (a > 4f) { return dl_odd(1f, x); }
  let t = 1f / (1f + 0.3275911f * a);
  let p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  return dl_odd(1f - p * dl_exp(-a * a), x);
}`,
  },
  pow: {
    needs: ['exp', 'log', 'specials', 'isNan', 'isZero'],
    code: `fn dl_pow(a: f32, b: f32) -> f32 {
  if (dl_is_zero(b) || bitcast<u32>(a) == 0x3f800000u) { return 1f; }
  if (dl_is_nan(a) || dl_is_nan(b)) { return dl_nan(); }
  let m = abs(a);
  if ((bitcast<u32>(b) & 0x7fffffffu) == 0x7f800000u) {
    if (m == 1f) { return 1f; }
    return select(0f, dl_inf(), (m > 1f) == (b > 0f));
  }
  let whole = abs(b) >= 16777216f || floor(b) == b;
  let odd = whole && abs(b) < 16777216f && (i32(abs(b)) & 1) == 1;
  if (a < 0f && !whole && (bitcast<u32>(m) != 0x7f800000u)) { return dl_nan(); }
  var y: f32;
  if (m == 0f) { y = select(0f, dl_inf(), b < 0f); }
  else if (bitcast<u32>(m) == 0x7f800000u) { y = select(dl_inf(), 0f, b < 0f); }
  else { y = dl_exp(b * dl_log(m)); }
  return select(y, -y, odd && (bitcast<u32>(a) >> 31u) == 1u);
}`,
  },
};
