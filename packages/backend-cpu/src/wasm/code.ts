/**
 * The assembler: instructions are methods. JS evaluates arguments left to right, which is the order a stack machine needs,
 * so `f.f32x4_add(f.get(a), f.get(b))` emits valid code. Phantom types make wrong operand types compile errors.
 */
import { checkLane, FunctionBody, opcode } from './body.ts';
import { ATOMICS, LANE_LOADS, LANE_STORES, LOADS, PLAIN, STORES, type TypeName } from './instructions.ts';
import type { LOADED, SIGNATURES, STORED } from './signatures.ts';
import type { I32, Of, V128 } from './types.ts';

export type { Any, Callable, F32, F64, I32, I64, Local, Of, V128 } from './types.ts';
export { pushed, type ConstantPool } from './body.ts';

type Args<S extends string> = S extends `${infer A extends TypeName} ${infer Rest}`
  ? [Of<A>, ...Args<Rest>]
  : S extends TypeName
    ? [Of<S>]
    : [];
type PlainOps = {
  [K in keyof typeof SIGNATURES]: (...args: Args<(typeof SIGNATURES)[K][0]>) => Of<(typeof SIGNATURES)[K][1]>;
};
type LoadOps = { [K in keyof typeof LOADED]: (address: I32, offset?: number) => Of<(typeof LOADED)[K]> };
type StoreOps = {
  [K in keyof typeof STORED]: (address: I32, value: Of<(typeof STORED)[K]>, offset?: number) => void;
};
type LaneLoadOps = {
  [K in keyof typeof LANE_LOADS]: (address: I32, vector: V128, lane: number, offset?: number) => V128;
};
type LaneStoreOps = {
  [K in keyof typeof LANE_STORES]: (address: I32, vector: V128, lane: number, offset?: number) => void;
};
type AtomicOps = {
  [K in keyof typeof ATOMICS]: (
    address: I32,
    ...args: [...Args<(typeof ATOMICS)[K][1]>, offset?: number]
  ) => (typeof ATOMICS)[K][2] extends TypeName ? I32 : void;
};

/** A function under construction. */
export type Code = FunctionBody & PlainOps & LoadOps & StoreOps & LaneLoadOps & LaneStoreOps & AtomicOps;

/** Opens a function. */
export function makeCode(...args: ConstructorParameters<typeof FunctionBody>): Code {
  return new FunctionBody(...args) as Code;
}

const prototype = FunctionBody.prototype as unknown as Record<string, unknown>;
for (const [name, op] of Object.entries(PLAIN)) {
  prototype[name] = function (this: FunctionBody): void {
    opcode(this, op);
  };
}
for (const [name, [op, align]] of Object.entries(LOADS)) {
  prototype[name] = function (this: FunctionBody, _address: unknown, offset = 0): void {
    opcode(this, op);
    this.unsigned(align);
    this.unsigned(offset);
  };
}
for (const [name, [op, align]] of Object.entries(STORES)) {
  prototype[name] = function (this: FunctionBody, _address: unknown, _value: unknown, offset = 0): void {
    opcode(this, op);
    this.unsigned(align);
    this.unsigned(offset);
  };
}
for (const [name, [op, width]] of Object.entries({ ...LANE_LOADS, ...LANE_STORES })) {
  prototype[name] = function (this: FunctionBody, _address: unknown, _vector: unknown, lane: number, offset = 0): void {
    checkLane(lane, 16 / width);
    opcode(this, op);
    this.unsigned(0);
    this.unsigned(offset);
    this.byte(lane);
  };
}
for (const [name, [op, operands]] of Object.entries(ATOMICS)) {
  const last = operands === '' ? 0 : operands.split(' ').length;
  prototype[name] = function (this: FunctionBody, _address: unknown, ...args: unknown[]): void {
    opcode(this, op);
    this.unsigned(2);
    this.unsigned((args[last] as number | undefined) ?? 0);
  };
}
