/**
 * Scalar integer operations that have no vector instruction.
 */
import type { Code, I32 } from '../wasm/assembler.ts';

/** A division whose divisor is known not to be 0 or −1. */
export function plainDivision(f: Code, op: 'div' | 'rem', unsigned: boolean, a: I32, b: I32): I32 {
  if (op === 'div') return unsigned ? f.i32_div_u(a, b) : f.i32_div_s(a, b);
  return unsigned ? f.i32_rem_u(a, b) : f.i32_rem_s(a, b);
}

/** Division by zero gives 0; the lowest integer divided by −1 wraps to itself. */
export function division(f: Code, op: 'div' | 'rem', unsigned: boolean, p: () => I32, q: () => I32): I32 {
  const [a, b, r] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.set(a, p());
  f.set(b, q());
  f.set(r, f.i32(0));
  const divide = (): void => {
    f.set(r, plainDivision(f, op, unsigned, f.get(a), f.get(b)));
  };
  f.if(f.get(b), () => {
    if (unsigned || op === 'rem') return divide();
    f.if(f.i32_eq(f.get(b), f.i32(-1)), () => f.set(r, f.i32_sub(f.i32(0), f.get(a))), divide);
  });
  return f.get(r);
}

/** a^n by squaring; a negative exponent leaves 1 for 1, ±1 for −1 and 0 for everything else. */
export function integerPower(f: Code, unsigned: boolean, p: () => I32, q: () => I32): I32 {
  const [a, n, r] = [f.local('i32'), f.local('i32'), f.local('i32')];
  f.set(a, p());
  f.set(n, q());
  f.set(r, f.i32(1));
  const multiply = (): void =>
    f.block(() => {
      f.loop(() => {
        f.br_if(1, f.i32_eqz(f.get(n)));
        f.if(f.i32_and(f.get(n), f.i32(1)), () => f.set(r, f.i32_mul(f.get(r), f.get(a))));
        f.set(a, f.i32_mul(f.get(a), f.get(a)));
        f.set(n, f.i32_shr_u(f.get(n), f.i32(1)));
        f.br(0);
      });
    });
  if (unsigned) {
    multiply();
    return f.get(r);
  }
  // A negative exponent leaves 1 for 1, ±1 for −1 and 0 for everything else.
  f.if(
    f.i32_lt_s(f.get(n), f.i32(0)),
    () => {
      const sign = (): I32 => f.select(f.i32(-1), f.i32(1), f.i32_and(f.get(n), f.i32(1)));
      f.set(r, f.select(sign(), f.i32(0), f.i32_eq(f.get(a), f.i32(-1))));
      f.set(r, f.select(f.i32(1), f.get(r), f.i32_eq(f.get(a), f.i32(1))));
    },
    multiply,
  );
  return f.get(r);
}
