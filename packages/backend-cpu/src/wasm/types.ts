/**
 * Types of the assembler: values on the stack, locals, and what can be called.
 */
import type { TypeName } from './instructions.ts';

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
export type Of<N extends TypeName> = Stack<N>;

/** A local variable. */
export interface Local<T extends Any> {
  readonly index: number;
  readonly type: T;
}

/** Something that can be called: an import or a function of this module, counted among its kind. */
export interface Callable {
  readonly imported: boolean;
  readonly index: number;
}
