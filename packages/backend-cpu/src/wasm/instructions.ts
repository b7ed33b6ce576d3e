/**
 * The instructions in use: opcodes, argument and result types, from which the assembler's methods are made.
 */

declare const kind: unique symbol;
/** A value on the WebAssembly stack. */
export interface Stack<T extends string> {
  readonly [kind]: T;
}
export type I32 = Stack<'i32'>;
export type I64 = Stack<'i64'>;
export type F32 = Stack<'f32'>;
export type F64 = Stack<'f64'>;
export type V128 = Stack<'v128'>;
export type Any = Stack<string>;

/** A local variable. */
export interface Local<T extends Any> {
  readonly index: number;
  readonly type: T;
}

export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type TypeName = keyof typeof TYPE;
export type Of<N extends TypeName> = Stack<N>;

/** Opcode, argument types and result type of the instructions without immediates; codes ≥ 0xfd00 are SIMD. */
export const PLAIN = {
  i32_eqz: [0x45, 'i32', 'i32'],
  i32_eq: [0x46, 'i32 i32', 'i32'],
  i32_ne: [0x47, 'i32 i32', 'i32'],
  i32_lt_s: [0x48, 'i32 i32', 'i32'],
  i32_lt_u: [0x49, 'i32 i32', 'i32'],
  i32_gt_s: [0x4a, 'i32 i32', 'i32'],
  i32_gt_u: [0x4b, 'i32 i32', 'i32'],
  i32_le_s: [0x4c, 'i32 i32', 'i32'],
  i32_le_u: [0x4d, 'i32 i32', 'i32'],
  i32_ge_s: [0x4e, 'i32 i32', 'i32'],
  i32_ge_u: [0x4f, 'i32 i32', 'i32'],
  f64_eq: [0x61, 'f64 f64', 'i32'],
  f64_ne: [0x62, 'f64 f64', 'i32'],
  f64_lt: [0x63, 'f64 f64', 'i32'],
  f64_gt: [0x64, 'f64 f64', 'i32'],
  f64_le: [0x65, 'f64 f64', 'i32'],
  f64_ge: [0x66, 'f64 f64', 'i32'],
  i32_add: [0x6a, 'i32 i32', 'i32'],
  i32_sub: [0x6b, 'i32 i32', 'i32'],
  i32_mul: [0x6c, 'i32 i32', 'i32'],
  i32_div_s: [0x6d, 'i32 i32', 'i32'],
  i32_div_u: [0x6e, 'i32 i32', 'i32'],
  i32_rem_s: [0x6f, 'i32 i32', 'i32'],
  i32_rem_u: [0x70, 'i32 i32', 'i32'],
  i32_and: [0x71, 'i32 i32', 'i32'],
  i32_or: [0x72, 'i32 i32', 'i32'],
  i32_xor: [0x73, 'i32 i32', 'i32'],
  i32_shl: [0x74, 'i32 i32', 'i32'],
  i32_shr_s: [0x75, 'i32 i32', 'i32'],
  i32_shr_u: [0x76, 'i32 i32', 'i32'],
  i64_mul: [0x7e, 'i64 i64', 'i64'],
  i64_shr_u: [0x88, 'i64 i64', 'i64'],
  f64_abs: [0x99, 'f64', 'f64'],
  f64_neg: [0x9a, 'f64', 'f64'],
  f64_ceil: [0x9b, 'f64', 'f64'],
  f64_floor: [0x9c, 'f64', 'f64'],
  f64_trunc: [0x9d, 'f64', 'f64'],
  f64_nearest: [0x9e, 'f64', 'f64'],
  f64_sqrt: [0x9f, 'f64', 'f64'],
  f64_add: [0xa0, 'f64 f64', 'f64'],
  f64_sub: [0xa1, 'f64 f64', 'f64'],
  f64_mul: [0xa2, 'f64 f64', 'f64'],
  f64_div: [0xa3, 'f64 f64', 'f64'],
  f64_min: [0xa4, 'f64 f64', 'f64'],
  f64_max: [0xa5, 'f64 f64', 'f64'],
  i32_wrap_i64: [0xa7, 'i64', 'i32'],
  i64_extend_i32_s: [0xac, 'i32', 'i64'],
  i64_extend_i32_u: [0xad, 'i32', 'i64'],
  f32_demote_f64: [0xb6, 'f64', 'f32'],
  f64_convert_i32_s: [0xb7, 'i32', 'f64'],
  f64_convert_i32_u: [0xb8, 'i32', 'f64'],
  f64_promote_f32: [0xbb, 'f32', 'f64'],
  i32_reinterpret_f32: [0xbc, 'f32', 'i32'],
  f32_reinterpret_i32: [0xbe, 'i32', 'f32'],
  i32_trunc_sat_f64_s: [0xfc02, 'f64', 'i32'],
  i32_trunc_sat_f64_u: [0xfc03, 'f64', 'i32'],
  i32x4_splat: [0xfd11, 'i32', 'v128'],
  f32x4_splat: [0xfd13, 'f32', 'v128'],
  i32x4_eq: [0xfd37, 'v128 v128', 'v128'],
  i32x4_ne: [0xfd38, 'v128 v128', 'v128'],
  i32x4_lt_s: [0xfd39, 'v128 v128', 'v128'],
  i32x4_lt_u: [0xfd3a, 'v128 v128', 'v128'],
  i32x4_gt_s: [0xfd3b, 'v128 v128', 'v128'],
  i32x4_gt_u: [0xfd3c, 'v128 v128', 'v128'],
  i32x4_le_s: [0xfd3d, 'v128 v128', 'v128'],
  i32x4_le_u: [0xfd3e, 'v128 v128', 'v128'],
  i32x4_ge_s: [0xfd3f, 'v128 v128', 'v128'],
  i32x4_ge_u: [0xfd40, 'v128 v128', 'v128'],
  f32x4_eq: [0xfd41, 'v128 v128', 'v128'],
  f32x4_ne: [0xfd42, 'v128 v128', 'v128'],
  f32x4_lt: [0xfd43, 'v128 v128', 'v128'],
  f32x4_gt: [0xfd44, 'v128 v128', 'v128'],
  f32x4_le: [0xfd45, 'v128 v128', 'v128'],
  f32x4_ge: [0xfd46, 'v128 v128', 'v128'],
  v128_not: [0xfd4d, 'v128', 'v128'],
  v128_and: [0xfd4e, 'v128 v128', 'v128'],
  v128_andnot: [0xfd4f, 'v128 v128', 'v128'],
  v128_or: [0xfd50, 'v128 v128', 'v128'],
  v128_xor: [0xfd51, 'v128 v128', 'v128'],
  /** Bits of the first where the third is set, of the second elsewhere. */
  v128_bitselect: [0xfd52, 'v128 v128 v128', 'v128'],
  v128_any_true: [0xfd53, 'v128', 'i32'],
  i8x16_narrow_i16x8_u: [0xfd66, 'v128 v128', 'v128'],
  f32x4_ceil: [0xfd67, 'v128', 'v128'],
  f32x4_floor: [0xfd68, 'v128', 'v128'],
  f32x4_trunc: [0xfd69, 'v128', 'v128'],
  f32x4_nearest: [0xfd6a, 'v128', 'v128'],
  i16x8_narrow_i32x4_u: [0xfd86, 'v128 v128', 'v128'],
  i16x8_extend_low_i8x16_s: [0xfd87, 'v128', 'v128'],
  i16x8_extend_low_i8x16_u: [0xfd89, 'v128', 'v128'],
  i32x4_abs: [0xfda0, 'v128', 'v128'],
  i32x4_neg: [0xfda1, 'v128', 'v128'],
  i32x4_extend_low_i16x8_s: [0xfda7, 'v128', 'v128'],
  i32x4_extend_low_i16x8_u: [0xfda9, 'v128', 'v128'],
  i32x4_shl: [0xfdab, 'v128 i32', 'v128'],
  i32x4_shr_s: [0xfdac, 'v128 i32', 'v128'],
  i32x4_shr_u: [0xfdad, 'v128 i32', 'v128'],
  i32x4_add: [0xfdae, 'v128 v128', 'v128'],
  i32x4_sub: [0xfdb1, 'v128 v128', 'v128'],
  i32x4_mul: [0xfdb5, 'v128 v128', 'v128'],
  i32x4_min_s: [0xfdb6, 'v128 v128', 'v128'],
  i32x4_min_u: [0xfdb7, 'v128 v128', 'v128'],
  i32x4_max_s: [0xfdb8, 'v128 v128', 'v128'],
  i32x4_max_u: [0xfdb9, 'v128 v128', 'v128'],
  i64x2_extmul_low_i32x4_u: [0xfdde, 'v128 v128', 'v128'],
  i64x2_extmul_high_i32x4_u: [0xfddf, 'v128 v128', 'v128'],
  f32x4_abs: [0xfde0, 'v128', 'v128'],
  f32x4_neg: [0xfde1, 'v128', 'v128'],
  f32x4_sqrt: [0xfde3, 'v128', 'v128'],
  f32x4_add: [0xfde4, 'v128 v128', 'v128'],
  f32x4_sub: [0xfde5, 'v128 v128', 'v128'],
  f32x4_mul: [0xfde6, 'v128 v128', 'v128'],
  f32x4_div: [0xfde7, 'v128 v128', 'v128'],
  f32x4_pmin: [0xfdea, 'v128 v128', 'v128'],
  f32x4_pmax: [0xfdeb, 'v128 v128', 'v128'],
  i32x4_trunc_sat_f32x4_s: [0xfdf8, 'v128', 'v128'],
  i32x4_trunc_sat_f32x4_u: [0xfdf9, 'v128', 'v128'],
  f32x4_convert_i32x4_s: [0xfdfa, 'v128', 'v128'],
  f32x4_convert_i32x4_u: [0xfdfb, 'v128', 'v128'],
  f32x4_relaxed_madd: [0xfd105, 'v128 v128 v128', 'v128'],
} as const;

/** Loads: opcode, natural alignment (log2), result. */
export const LOADS = {
  i32_load: [0x28, 2, 'i32'],
  f32_load: [0x2a, 2, 'f32'],
  f64_load: [0x2b, 3, 'f64'],
  i32_load8_s: [0x2c, 0, 'i32'],
  i32_load8_u: [0x2d, 0, 'i32'],
  i32_load16_s: [0x2e, 1, 'i32'],
  i32_load16_u: [0x2f, 1, 'i32'],
  v128_load: [0xfd00, 2, 'v128'],
  v128_load32_splat: [0xfd09, 2, 'v128'],
  v128_load32_zero: [0xfd5c, 0, 'v128'],
  v128_load64_zero: [0xfd5d, 0, 'v128'],
} as const;

/** Stores: opcode, natural alignment (log2), value. */
export const STORES = {
  i32_store: [0x36, 2, 'i32'],
  f32_store: [0x38, 2, 'f32'],
  f64_store: [0x39, 3, 'f64'],
  i32_store8: [0x3a, 0, 'i32'],
  i32_store16: [0x3b, 1, 'i32'],
  v128_store: [0xfd0b, 2, 'v128'],
} as const;

type Args<S extends string> = S extends `${infer A extends TypeName} ${infer Rest}`
  ? [Of<A>, ...Args<Rest>]
  : S extends TypeName
    ? [Of<S>]
    : [];
export type PlainOps = {
  [K in keyof typeof PLAIN]: (...args: Args<(typeof PLAIN)[K][1]>) => Of<(typeof PLAIN)[K][2]>;
};
export type LoadOps = { [K in keyof typeof LOADS]: (address: I32, offset?: number) => Of<(typeof LOADS)[K][2]> };
export type StoreOps = {
  [K in keyof typeof STORES]: (address: I32, value: Of<(typeof STORES)[K][2]>, offset?: number) => void;
};
