/**
 * A small typed WebAssembly assembler. Instructions are methods; JS evaluates arguments left to right, which is the
 * order a stack machine needs, so `f.f32x4_add(f.get(a), f.get(b))` emits valid code. Phantom types make wrong operand
 * types compile errors.
 */

import { Bytes } from './bytes.ts';
import {
  LOADS,
  PLAIN,
  STORES,
  TYPE,
  type Any,
  type F32,
  type F64,
  type I32,
  type I64,
  type LoadOps,
  type Local,
  type Of,
  type PlainOps,
  type StoreOps,
  type TypeName,
  type V128,
} from './instructions.ts';

export type { F32, F64, I32, I64, Local, V128 } from './instructions.ts';

const scratch = new DataView(new ArrayBuffer(8));
const pushed = undefined as never;

function opcode(code: Bytes, op: number): void {
  if (op < 0xfc00) return code.byte(op);
  const wide = op > 0xffff;
  code.byte(wide ? op >>> 12 : op >>> 8);
  code.unsigned(wide ? op & 0xfff : op & 0xff);
}

/** A function under construction. */
export class CodeBuilder extends Bytes {
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
    const f = this as unknown as Code;
    f.set(i, from());
    f.block(() => {
      f.br_if(0, f.i32_ge_s(f.get(i), to()));
      f.loop(() => {
        body();
        f.br_if(0, f.i32_lt_s(f.tee(i, f.i32_add(f.get(i), f.i32(step))), to()));
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

/** A function under construction, with all instructions as methods. */
export type Code = CodeBuilder & PlainOps & LoadOps & StoreOps;

const prototype = CodeBuilder.prototype as unknown as Record<string, unknown>;
for (const [name, [op]] of Object.entries(PLAIN)) {
  prototype[name] = function (this: CodeBuilder): void {
    opcode(this, op);
  };
}
for (const [name, [op, align]] of Object.entries(LOADS)) {
  prototype[name] = function (this: CodeBuilder, _address: unknown, offset = 0): void {
    opcode(this, op);
    this.unsigned(align);
    this.unsigned(offset);
  };
}
for (const [name, [op, align]] of Object.entries(STORES)) {
  prototype[name] = function (this: CodeBuilder, _address: unknown, _value: unknown, offset = 0): void {
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
    const code = new CodeBuilder(
      this.#imports.length + this.#functions.length,
      this.#type(params, results),
      params.length,
    ) as Code;
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
