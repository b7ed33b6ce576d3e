/**
 * WGSL functions for the scalar operations whose built-ins are too inaccurate, or undefined for NaN and infinities.
 * Polynomials are the single-precision ones of Cephes (S. Moshier); large angles are reduced after Payne and Hanek.
 */

interface Helper {
  readonly needs: readonly string[];
  readonly code: string;
}

const HELPERS: { readonly [name: string]: Helper } = {
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
  max: {
    needs: ['isNan'],
    code: `fn dl_max(a: f32, b: f32) -> f32 { if (dl_is_nan(a)) { return a; } if (dl_is_nan(b)) { return b; } return select(b, a, a > b); }`,
  },
  min: {
    needs: ['isNan'],
    code: `fn dl_min(a: f32, b: f32) -> f32 { if (dl_is_nan(a)) { return a; } if (dl_is_nan(b)) { return b; } return select(b, a, a < b); }`,
  },
  scale: {
    needs: [],
    code: `fn dl_scale(x: f32, n: i32) -> f32 {
  let h = n >> 1u;
  return x * bitcast<f32>(u32(h + 127) << 23u) * bitcast<f32>(u32(n - h + 127) << 23u);
}`,
  },
  exp: {
    needs: ['specials', 'isNan', 'scale'],
    code: `fn dl_exp(x: f32) -> f32 {
  if (dl_is_nan(x)) { return x; }
  if (x > 88.7228394f) { return dl_inf(); }
  if (x < -103.9721f) { return 0f; }
  let n = round(x * 1.44269504f);
  let r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  var p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return dl_scale(p * r * r + r + 1f, i32(n));
}`,
  },
  log: {
    needs: ['specials', 'isNan'],
    code: `fn dl_log(v: f32) -> f32 {
  if (dl_is_nan(v) || v < 0f) { return dl_nan(); }
  if (v == 0f) { return -dl_inf(); }
  if ((bitcast<u32>(v) & 0x7fffffffu) == 0x7f800000u) { return v; }
  var x = v;
  var e = 0f;
  if (bitcast<u32>(x) < 0x00800000u) { x = x * 8388608f; e = -23f; }
  let bits = bitcast<u32>(x);
  e = e + f32(i32(bits >> 23u) - 126);
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781f) { e = e - 1f; m = m + m - 1f; } else { m = m - 1f; }
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
  let y = p * m * z - e * 2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}`,
  },
  log1p: {
    needs: ['log'],
    code: `fn dl_log1p(x: f32) -> f32 {
  let u = 1f + x;
  if (u == 1f || (bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return select(x, dl_nan(), x < 0f && u != 1f); }
  return dl_log(u) * (x / (u - 1f));
}`,
  },
  expm1: {
    needs: ['exp', 'log'],
    code: `fn dl_expm1(x: f32) -> f32 {
  let u = dl_exp(x);
  if (u == 1f) { return x; }
  let d = u - 1f;
  if (d == -1f || x > 80f || dl_is_nan(u)) { return d; }
  return d * (x / dl_log(u));
}`,
  },
  tanh: {
    needs: ['expm1'],
    code: `fn dl_tanh(x: f32) -> f32 {
  let a = abs(x);
  if (a > 10f) { return select(1f, -1f, x < 0f); }
  let t = dl_expm1(-2f * a);
  let y = -t / (t + 2f);
  return select(y, -y, x < 0f);
}`,
  },
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
    needs: ['reduce', 'specials'],
    code: `fn dl_sin(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return dl_nan(); }
  let angle = dl_reduce(x);
  let q = angle.quadrant & 3;
  var y = select(dl_poly_sin(angle.rest), dl_poly_cos(angle.rest), (q & 1) == 1);
  if (q >= 2) { y = -y; }
  return select(y, -y, x < 0f);
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
    needs: [],
    code: `fn dl_atan(x: f32) -> f32 {
  let a = abs(x);
  var base = 0f;
  var t = a;
  if (a > 2.414213562f) { base = 1.57079637f; t = -1f / a; } else if (a > 0.4142135623f) { base = 0.785398163f; t = (a - 1f) / (a + 1f); }
  let z = t * t;
  let y = base + ((((8.05374449538e-2f * z - 1.38776856032e-1f) * z + 1.99777106478e-1f) * z - 3.33329491539e-1f) * z * t + t);
  return select(y, -y, x < 0f);
}`,
  },
  atan2: {
    needs: ['atan', 'isNan', 'specials'],
    code: `fn dl_atan2(y: f32, x: f32) -> f32 {
  if (dl_is_nan(x) || dl_is_nan(y)) { return dl_nan(); }
  let ax = abs(x); let ay = abs(y);
  let infinite = bitcast<u32>(ax) == 0x7f800000u && bitcast<u32>(ay) == 0x7f800000u;
  var r = 0f;
  if (infinite) { r = 0.785398163f; } else if (ay != 0f || ax == 0f) { r = select(dl_atan(ay / ax), 0f, ay == 0f); if (ay > ax) { r = 1.57079637f - dl_atan(ax / ay); } }
  if ((bitcast<u32>(x) >> 31u) == 1u) { r = 3.14159274f - r; }
  return select(r, -r, (bitcast<u32>(y) >> 31u) == 1u);
}`,
  },
  asin: {
    needs: ['specials'],
    code: `fn dl_asin(x: f32) -> f32 {
  let a = abs(x);
  if (!(a <= 1f)) { return dl_nan(); }
  let far = a > 0.5f;
  let z = select(a * a, 0.5f * (1f - a), far);
  let s = select(a, sqrt(z), far);
  let p = (((4.2163199048e-2f * z + 2.4181311049e-2f) * z + 4.5470025998e-2f) * z + 7.4953002686e-2f) * z + 1.6666752422e-1f;
  var y = p * z * s + s;
  if (far) { y = 1.57079637f - 2f * y; }
  return select(y, -y, x < 0f);
}`,
  },
  acos: {
    needs: ['asin'],
    code: `fn dl_acos(x: f32) -> f32 {
  if (x > 0.5f) { return 2f * dl_asin(sqrt(0.5f * (1f - x))); }
  if (x < -0.5f) { return 3.14159274f - 2f * dl_asin(sqrt(0.5f * (1f + x))); }
  return 1.57079637f - dl_asin(x);
}`,
  },
  // Series near 0; Abramowitz and Stegun 7.1.26 elsewhere, within 1.5e-7.
  erf: {
    needs: ['exp'],
    code: `fn dl_erf(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.6f) {
    let z = x * x;
    return x * 1.12837917f * (1f + z * (-0.333333333f + z * (0.1f + z * (-0.0238095238f + z * (4.62962963e-3f + z * -7.57575758e-4f)))));
  }
  if (a > 4f) { return select(1f, -1f, x < 0f); }
  let t = 1f / (1f + 0.3275911f * a);
  let p = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  let y = 1f - p * dl_exp(-a * a);
  return select(y, -y, x < 0f);
}`,
  },
  pow: {
    needs: ['exp', 'log', 'specials', 'isNan'],
    code: `fn dl_pow(a: f32, b: f32) -> f32 {
  if (b == 0f || a == 1f) { return 1f; }
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
  // Exact remainder by shifting the divisor down, as in long division.
  fmod: {
    needs: ['specials', 'isNan'],
    code: `fn dl_fmod(x: f32, y: f32) -> f32 {
  let b = abs(y);
  var r = abs(x);
  if (dl_is_nan(x) || dl_is_nan(y) || b == 0f || bitcast<u32>(r) == 0x7f800000u) { return dl_nan(); }
  if (bitcast<u32>(b) == 0x7f800000u || r < b) { return x; }
  var n = i32(bitcast<u32>(r) >> 23u) - i32(bitcast<u32>(b) >> 23u);
  loop {
    if (n < 0) { break; }
    let lowered = bitcast<f32>(bitcast<u32>(b) + (u32(n) << 23u));
    if (r >= lowered) { r = r - lowered; }
    n = n - 1;
  }
  return select(r, -r, x < 0f);
}`,
  },
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
  if (m < 0x38800000u) { let t = abs(x) + 0.5f; return bitcast<f32>(bitcast<u32>(t - 0.5f) | sign); }
  let r = (m + 0xfffu + ((m >> 13u) & 1u)) & 0xffffe000u;
  return bitcast<f32>(r | sign);
}`,
  },
};

/** The code of the named helpers and of all they need, each once, in order of definition. */
export function helperCode(used: ReadonlySet<string>): string {
  const all = new Set<string>();
  const visit = (name: string): void => {
    HELPERS[name]!.needs.forEach(visit);
    all.add(name);
  };
  used.forEach(visit);
  return Object.keys(HELPERS)
    .filter((name) => all.has(name))
    .map((name) => HELPERS[name]!.code)
    .join('\n');
}
