/**
 * A small typed WebAssembly assembler. Instructions are methods; JS evaluates arguments left to right, which is the
 * order a stack machine needs, so `f.f32x4_add(f.get(a), f.get(b))` emits valid code. Phantom types make wrong operand
 * types compile errors.
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
type Any = Stack<string>;

/** A local variable. */
export interface Local<T extends Any> {
  readonly index: number;
  readonly type: T;
}

export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
type TypeName = keyof typeof TYPE;
type Of<N extends TypeName> = Stack<N>;

/** A growing byte buffer with LEB128 numbers. */
export class Bytes {
  #bytes = new Uint8Array(512);
  length = 0;

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = value;
  }

  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      const done = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
      this.byte(done ? low : low | 128);
      if (done) return;
    }
  }

  raw(bytes: ArrayLike<number>): void {
    if (this.length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  #grow(extra: number): void {
    const next = new Uint8Array(Math.max(2 * this.#bytes.length, this.length + extra));
    next.set(this.#bytes.subarray(0, this.length));
    this.#bytes = next;
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Opcode, argument types and result type of the instructions without immediates; codes ≥ 0xfd00 are SIMD. */
const PLAIN = {
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
const LOADS = {
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
const STORES = {
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
type PlainOps = {
  [K in keyof typeof PLAIN]: (...args: Args<(typeof PLAIN)[K][1]>) => Of<(typeof PLAIN)[K][2]>;
};
type LoadOps = { [K in keyof typeof LOADS]: (address: I32, offset?: number) => Of<(typeof LOADS)[K][2]> };
type StoreOps = {
  [K in keyof typeof STORES]: (address: I32, value: Of<(typeof STORES)[K][2]>, offset?: number) => void;
};

const scratch = new DataView(new ArrayBuffer(8));
const pushed = undefined as never;

function opcode(code: Bytes, op: number): void {
  if (op < 0xfc00) return code.byte(op);
  const wide = op > 0xffff;
  code.byte(wide ? op >>> 12 : op >>> 8);
  code.unsigned(wide ? op & 0xfff : op & 0xff);
}

/** A function under construction. */
export class Code extends Bytes {
  readonly index: number;
  readonly typeIndex: number;
  readonly #params: number;
  readonly #locals: TypeName[] = [];
  /** Runs before everything else: constants and table entries that the body keeps in locals. */
  readonly #prologue = new Bytes();
  readonly #constants = new Map<number, Local<V128>>();
  readonly #entries = new Map<string, Local<Any>>();

  constructor(index: number, typeIndex: number, params: number) {
    super();
    this.index = index;
    this.typeIndex = typeIndex;
    this.#params = params;
  }

  /** Declares a local variable. */
  local<N extends TypeName>(type: N): Local<Of<N>> {
    return { index: this.#params + this.#locals.push(type) - 1, type: pushed };
  }

  get<T extends Any>(local: Local<T>): T {
    this.byte(0x20);
    this.unsigned(local.index);
    return pushed;
  }

  set<T extends Any>(local: Local<T>, _value: T): void {
    this.byte(0x21);
    this.unsigned(local.index);
  }

  tee<T extends Any>(local: Local<T>, _value: T): T {
    this.byte(0x22);
    this.unsigned(local.index);
    return pushed;
  }

  i32(value: number): I32 {
    this.byte(0x41);
    this.signed(value);
    return pushed;
  }

  i64(value: number): I64 {
    this.byte(0x42);
    this.signed(value);
    return pushed;
  }

  f64(value: number): F64 {
    this.byte(0x44);
    scratch.setFloat64(0, value, true);
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i));
    return pushed;
  }

  /** Four equal 32-bit lanes. Constants live in locals that the prologue sets once. */
  bits(value: number): V128 {
    const key = value | 0;
    let local = this.#constants.get(key);
    if (!local) {
      local = this.local('v128');
      this.#constants.set(key, local);
      const code = this.#prologue;
      opcode(code, 0xfd0c);
      scratch.setInt32(0, key, true);
      for (let i = 0; i < 16; i++) code.byte(scratch.getUint8(i % 4));
      code.byte(0x21);
      code.unsigned(local.index);
    }
    return this.get(local);
  }

  /** A value loaded from `base + offset` once, before the body. */
  entry<N extends 'i32' | 'f32'>(type: N, base: Local<I32>, offset: number): Local<Of<N>> {
    const key = `${type}${offset}`;
    let local = this.#entries.get(key);
    if (!local) {
      local = this.local(type);
      this.#entries.set(key, local);
      const code = this.#prologue;
      code.byte(0x20);
      code.unsigned(base.index);
      opcode(code, LOADS[`${type}_load`][0]);
      code.unsigned(2);
      code.unsigned(offset);
      code.byte(0x21);
      code.unsigned(local.index);
    }
    return local as Local<Of<N>>;
  }

  /** Four equal float lanes. */
  splat(value: number): V128 {
    scratch.setFloat32(0, value, true);
    return this.bits(scratch.getUint32(0, true));
  }

  /** Four different integer lanes. */
  lanes(values: readonly [number, number, number, number]): V128 {
    opcode(this, 0xfd0c);
    for (const value of values) {
      scratch.setInt32(0, value, true);
      for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
    }
    return pushed;
  }

  /** Bytes of two vectors by index. */
  shuffle(_a: V128, _b: V128, words: readonly [number, number, number, number]): V128 {
    opcode(this, 0xfd0d);
    for (const word of words) for (let i = 0; i < 4; i++) this.byte(4 * word + i);
    return pushed;
  }

  i32_lane(_v: V128, lane: number): I32 {
    opcode(this, 0xfd1b);
    this.byte(lane);
    return pushed;
  }

  f32_lane(_v: V128, lane: number): F32 {
    opcode(this, 0xfd1f);
    this.byte(lane);
    return pushed;
  }

  i32_replace(_v: V128, lane: number, _value: I32): V128 {
    opcode(this, 0xfd1c);
    this.byte(lane);
    return pushed;
  }

  /** Stores the lowest 32 or 64 bits of a vector. */
  store_low(_address: I32, _v: V128, bits: 32 | 64): void {
    opcode(this, bits === 32 ? 0xfd5a : 0xfd5b);
    this.unsigned(0);
    this.unsigned(0);
    this.byte(0);
  }

  select<T extends Any>(_a: T, _b: T, _condition: I32): T {
    this.byte(0x1b);
    return pushed;
  }

  call<T extends Any>(fn: { readonly index: number }, ..._args: readonly Any[]): T {
    this.byte(0x10);
    this.unsigned(fn.index);
    return pushed;
  }

  if(_condition: I32, then: () => void, otherwise?: () => void): void {
    this.byte(0x04);
    this.byte(0x40);
    then();
    if (otherwise) {
      this.byte(0x05);
      otherwise();
    }
    this.byte(0x0b);
  }

  block(body: () => void): void {
    this.byte(0x02);
    this.byte(0x40);
    body();
    this.byte(0x0b);
  }

  loop(body: () => void): void {
    this.byte(0x03);
    this.byte(0x40);
    body();
    this.byte(0x0b);
  }

  br(depth: number): void {
    this.byte(0x0c);
    this.unsigned(depth);
  }

  br_if(depth: number, _condition: I32): void {
    this.byte(0x0d);
    this.unsigned(depth);
  }

  /** `for (i = from; i < to; i += step)`; `to` is evaluated before every pass and must not change. */
  for(i: Local<I32>, from: () => I32, to: () => I32, step: number, body: () => void): void {
    this.set(i, from());
    this.block(() => {
      this.br_if(0, this.i32_ge_s(this.get(i), to()));
      this.loop(() => {
        body();
        this.br_if(0, this.i32_lt_s(this.tee(i, this.i32_add(this.get(i), this.i32(step))), to()));
      });
    });
  }

  /** The function's entry of the code section. */
  body(): Uint8Array {
    const head = new Bytes();
    const runs: { type: TypeName; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    head.unsigned(runs.length);
    for (const { type, count } of runs) {
      head.unsigned(count);
      head.byte(TYPE[type]);
    }
    const all = new Bytes();
    all.unsigned(head.length + this.#prologue.length + this.length + 1);
    all.raw(head.view());
    all.raw(this.#prologue.view());
    all.raw(this.view());
    all.byte(0x0b);
    return all.view();
  }
}

export interface Code extends PlainOps, LoadOps, StoreOps {}

const prototype = Code.prototype as unknown as Record<string, unknown>;
for (const [name, [op]] of Object.entries(PLAIN)) {
  prototype[name] = function (this: Code): void {
    opcode(this, op);
  };
}
for (const [name, [op, align]] of Object.entries(LOADS)) {
  prototype[name] = function (this: Code, _address: unknown, offset = 0): void {
    opcode(this, op);
    this.unsigned(align);
    this.unsigned(offset);
  };
}
for (const [name, [op, align]] of Object.entries(STORES)) {
  prototype[name] = function (this: Code, _address: unknown, _value: unknown, offset = 0): void {
    opcode(this, op);
    this.unsigned(align);
    this.unsigned(offset);
  };
}

type Signature = readonly TypeName[];

/** A module under construction: imports come first, then functions. */
export class Module {
  readonly #types = new Map<string, { index: number; params: Signature; results: Signature }>();
  readonly #imports: { name: string; type: number }[] = [];
  readonly #functions: Code[] = [];
  readonly #exports: { name: string; index: number }[] = [];

  #type(params: Signature, results: Signature): number {
    const key = `${params.join()}:${results.join()}`;
    let type = this.#types.get(key);
    if (!type) this.#types.set(key, (type = { index: this.#types.size, params, results }));
    return type.index;
  }

  /** Imports `env.name`. Must precede all functions. */
  import(name: string, params: Signature, results: Signature): { readonly index: number } {
    return { index: this.#imports.push({ name, type: this.#type(params, results) }) - 1 };
  }

  /** Opens a function; its parameters are locals 0, 1, … */
  fn<const P extends Signature>(
    params: P,
    results: Signature,
  ): { code: Code; params: { [K in keyof P]: P[K] extends TypeName ? Local<Of<P[K]>> : never } } {
    const code = new Code(this.#imports.length + this.#functions.length, this.#type(params, results), params.length);
    this.#functions.push(code);
    return { code, params: params.map((_, index) => ({ index, type: pushed })) as never };
  }

  export(name: string, code: Code): void {
    this.#exports.push({ name, index: code.index });
  }

  /** The module's bytes; it imports its memory as `env.memory`. */
  bytes(memory: { readonly maximum: number; readonly shared: boolean }): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.raw([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, write: (s: Bytes) => void): void => {
      const s = new Bytes();
      write(s);
      out.byte(id);
      out.unsigned(s.length);
      out.raw(s.view());
    };
    section(1, (s) => {
      s.unsigned(this.#types.size);
      for (const { params, results } of this.#types.values()) {
        s.byte(0x60);
        for (const list of [params, results]) {
          s.unsigned(list.length);
          for (const type of list) s.byte(TYPE[type]);
        }
      }
    });
    section(2, (s) => {
      s.unsigned(this.#imports.length + 1);
      for (const { name, type } of this.#imports) {
        s.text('env');
        s.text(name);
        s.byte(0);
        s.unsigned(type);
      }
      s.text('env');
      s.text('memory');
      s.byte(2);
      s.byte(memory.shared ? 3 : 1);
      s.unsigned(1);
      s.unsigned(memory.maximum);
    });
    section(3, (s) => {
      s.unsigned(this.#functions.length);
      for (const { typeIndex } of this.#functions) s.unsigned(typeIndex);
    });
    section(7, (s) => {
      s.unsigned(this.#exports.length);
      for (const { name, index } of this.#exports) {
        s.text(name);
        s.byte(0);
        s.unsigned(index);
      }
    });
    section(10, (s) => {
      s.unsigned(this.#functions.length);
      for (const code of this.#functions) s.raw(code.body());
    });
    return out.view().slice();
  }
}
