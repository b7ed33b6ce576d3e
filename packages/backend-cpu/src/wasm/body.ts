/**
 * A WebAssembly function under construction: locals, constants, control flow, calls.
 */
import { Bytes, floatBits } from './bytes.ts';
import { LOADS, PLAIN, TYPE, type TypeName } from './instructions.ts';
import type { Any, Callable, F32, F64, I32, I64, Local, Of, V128 } from './types.ts';

/** What the phantom values are at run time. */
export const pushed = undefined as never;

/** Writes an opcode with its prefix. */
export function opcode(code: Bytes, op: number): void {
  if (op < 0xfc00) return code.byte(op);
  const wide = op > 0xffff;
  code.byte(wide ? op >>> 12 : op >>> 8);
  code.unsigned(wide ? op & 0xfff : op & 0xff);
}

/** Throws a RangeError unless a vector of so many lanes has this one. */
export function checkLane(lane: number, lanes: number): void {
  if (!(Number.isInteger(lane) && lane >= 0 && lane < lanes))
    throw new RangeError(`wasm: there is no lane ${lane} of ${lanes}`);
}

/** Gives constants a place in the module from which functions load them once. */
export interface ConstantPool {
  /** Index of a global that holds these four words. */
  global(words: readonly number[]): number;
}

/** A function body under construction, without the instructions of the tables. */
export class FunctionBody extends Bytes implements Callable {
  readonly imported = false;
  readonly index: number;
  readonly typeIndex: number;
  readonly #params: number;
  readonly #pool: ConstantPool;
  /** Where callees must be written once the number of imports is known. */
  readonly #calls: (readonly [position: number, callee: Callable])[] = [];
  readonly #locals: TypeName[] = [];
  /** Locals that ended scopes gave back. */
  readonly #free = new Map<TypeName, number[]>();
  #scope: [TypeName, number][] | null = null;
  /** Runs before everything else: constants and table entries that the body keeps in locals. */
  readonly #prologue = new Bytes();
  readonly #kept = new Map<string, number>();

  constructor(index: number, typeIndex: number, params: number, pool: ConstantPool) {
    super();
    this.index = index;
    this.typeIndex = typeIndex;
    this.#params = params;
    this.#pool = pool;
  }

  /** Declares a local variable. It belongs to the innermost scope, if there is one. */
  local<N extends TypeName>(type: N): Local<Of<N>> {
    const index = this.#free.get(type)?.pop() ?? this.#fresh(type);
    this.#scope?.push([type, index]);
    return { index, type: pushed };
  }

  /** Several locals at once. */
  locals<N extends TypeName>(type: N, count: number): Local<Of<N>>[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  #fresh(type: TypeName): number {
    return this.#params + this.#locals.push(type) - 1;
  }

  /** Runs `body`; the locals declared in it are free for others afterwards. */
  scope<T>(body: () => T): T {
    const outer = this.#scope;
    const own: [TypeName, number][] = [];
    this.#scope = own;
    const result = body();
    this.#scope = outer;
    for (const [type, index] of own) {
      const list = this.#free.get(type);
      if (list) list.push(index);
      else this.#free.set(type, [index]);
    }
    return result;
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

  /** A new local that holds `value`. */
  keep(value: I32): Local<I32> {
    const local = this.local('i32');
    this.set(local, value);
    return local;
  }

  /** A new vector local that holds `value`. */
  keepVector(value: V128): Local<V128> {
    const local = this.local('v128');
    this.set(local, value);
    return local;
  }

  /** A 32-bit constant, modulo 2³². */
  i32(value: number): I32 {
    this.byte(0x41);
    this.signed(value);
    return pushed;
  }

  /** A 64-bit constant whose value fits an int32; others throw a RangeError. */
  i64(value: number): I64 {
    if ((value | 0) !== value) throw new RangeError(`wasm: the 64-bit constant ${value} does not fit 32 bits`);
    this.byte(0x42);
    this.signed(value);
    return pushed;
  }

  f64(value: number): F64 {
    this.byte(0x44);
    this.double(value);
    return pushed;
  }

  /** Four equal 32-bit words. */
  bits(value: number): V128 {
    const word = value | 0;
    return this.words([word, word, word, word]);
  }

  /** Four equal floats. */
  splat(value: number): V128 {
    return this.bits(floatBits(value));
  }

  /** Two equal doubles. */
  splat64(value: number): V128 {
    const parts = new Bytes();
    parts.double(value);
    const [low, high] = new Int32Array(parts.view().slice().buffer) as unknown as [number, number];
    return this.words([low, high, low, high]);
  }

  /**
   * Four words. All-zero and all-one vectors are single instructions; others are loaded once per function, because
   * engines may otherwise make them anew in every iteration of a loop.
   */
  words(words: readonly [number, number, number, number]): V128 {
    if (words.every((word) => word === 0) || words.every((word) => word === -1)) {
      opcode(this, 0xfd0c);
      words.forEach((word) => this.word(word));
      return pushed;
    }
    const index = this.#once(words.join(), 'v128', (code) => {
      code.byte(0x23);
      code.unsigned(this.#pool.global(words));
    });
    return this.get({ index, type: pushed });
  }

  /** A value loaded from `base + offset` once, before the body. */
  entry<N extends 'i32' | 'f32' | 'f64'>(type: N, base: Local<I32>, offset: number): Local<Of<N>> {
    const index = this.#once(`${type}@${base.index}+${offset}`, type, (code) => {
      code.byte(0x20);
      code.unsigned(base.index);
      opcode(code, LOADS[`${type}_load`][0]);
      code.unsigned(LOADS[`${type}_load`][1]);
      code.unsigned(offset);
    });
    return { index, type: pushed };
  }

  /** A local that the prologue sets. */
  #once(key: string, type: TypeName, write: (code: Bytes) => void): number {
    let index = this.#kept.get(key);
    if (index === undefined) {
      index = this.#fresh(type);
      this.#kept.set(key, index);
      write(this.#prologue);
      this.#prologue.byte(0x21);
      this.#prologue.unsigned(index);
    }
    return index;
  }

  /** 32-bit words of two vectors by index 0 … 7; others throw a RangeError. */
  shuffle(_a: V128, _b: V128, words: readonly [number, number, number, number]): V128 {
    opcode(this, 0xfd0d);
    for (const word of words) {
      checkLane(word, 8);
      for (let i = 0; i < 4; i++) this.byte(4 * word + i);
    }
    return pushed;
  }

  i32_lane(_v: V128, lane: number): I32 {
    return this.#lane(0xfd1b, lane, 4);
  }

  f32_lane(_v: V128, lane: number): F32 {
    return this.#lane(0xfd1f, lane, 4);
  }

  f64_lane(_v: V128, lane: number): F64 {
    return this.#lane(0xfd21, lane, 2);
  }

  i32_replace(_v: V128, lane: number, _value: I32): V128 {
    return this.#lane(0xfd1c, lane, 4);
  }

  f64_replace(_v: V128, lane: number, _value: F64): V128 {
    return this.#lane(0xfd22, lane, 2);
  }

  #lane(op: number, lane: number, lanes: number): never {
    checkLane(lane, lanes);
    opcode(this, op);
    this.byte(lane);
    return pushed;
  }

  select<T extends Any>(_a: T, _b: T, _condition: I32): T {
    this.byte(0x1b);
    return pushed;
  }

  /** The smaller of two int32 locals. */
  smaller(a: Local<I32>, b: Local<I32>): I32 {
    return this.select(this.get(a), this.get(b), this.#less(this.get(a), this.get(b)));
  }

  call<T extends Any>(fn: Callable, ..._args: readonly Any[]): T {
    this.byte(0x10);
    this.#calls.push([this.length, fn]);
    this.raw([0, 0, 0, 0, 0]);
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

  /** Ends the run with a RuntimeError. */
  unreachable(): void {
    this.byte(0x00);
  }

  br(depth: number): void {
    this.byte(0x0c);
    this.unsigned(depth);
  }

  br_if(depth: number, _condition: I32): void {
    this.byte(0x0d);
    this.unsigned(depth);
  }

  /** Runs `body` while it leaves a true condition; at least once. */
  repeat(body: () => I32): void {
    this.loop(() => this.br_if(0, body()));
  }

  /** `for (i = from; i < to; i += step)`; `to` is evaluated before every pass and must not change. */
  for(i: Local<I32>, from: () => I32, to: () => I32, step: number, body: () => void): void {
    this.set(i, from());
    this.if(this.#less(this.get(i), to()), () =>
      this.repeat(() => {
        body();
        return this.#less(this.tee(i, this.#sum(this.get(i), this.i32(step))), to());
      }),
    );
  }

  #less(_a: I32, _b: I32): I32 {
    opcode(this, PLAIN.i32_lt_s);
    return pushed;
  }

  #sum(_a: I32, _b: I32): I32 {
    opcode(this, PLAIN.i32_add);
    return pushed;
  }

  /** `for (i = 0; i < count; i++)`. */
  times(count: () => I32, body: (i: Local<I32>) => void): void {
    const i = this.local('i32');
    this.for(
      i,
      () => this.i32(0),
      count,
      1,
      () => body(i),
    );
  }

  /** The function's entry of the code section, in a module with so many imports. */
  body(imports: number): Uint8Array {
    const bytes = this.view();
    for (const [position, { imported, index }] of this.#calls) {
      let rest = imported ? index : imports + index;
      for (let i = 0; i < 5; i++, rest >>>= 7) bytes[position + i] = (rest & 127) | (i < 4 ? 128 : 0);
    }
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
    all.raw(bytes);
    all.byte(0x0b);
    return all.view();
  }
}
