/**
 * noGrad: code whose results are constants to derivatives.
 */
import { stopGradient, type Tensor, type Variable } from '@dl/tensor';
import {
  currentInterpreter,
  mapTree,
  withInterpreter,
  type GuardError,
  type Interpreter,
  type OpAttrs,
  type OpName,
} from '@dl/tensor/interpreter';
import { checkFunction, synchronous } from './arguments.ts';
import { Tape } from './tape.ts';

/** Tapes that lie on each other, outermost first. */
function tapesFrom(interpreter: Interpreter): readonly Tape[] {
  return interpreter instanceof Tape ? [interpreter, ...tapesFrom(interpreter.below)] : [];
}

/** Runs ops below tapes, which hear of Variables only. */
class Untaped implements Interpreter {
  readonly #tape: Tape;
  readonly #below: Interpreter;

  constructor(tape: Tape, below: Interpreter) {
    this.#tape = tape;
    this.#below = below;
  }

  apply<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
    // A call that is entered below must meet the interpreter below.
    return withInterpreter(this.#below, () => this.#below.apply(op, inputs, attrs));
  }

  readVariable(variable: Variable, keep: boolean): Tensor {
    return this.#tape.readVariable(variable, keep);
  }

  assignVariable(variable: Variable, value: Tensor): void {
    this.#tape.assignVariable(variable, value);
  }

  guard(position: Tensor, value: Tensor, error: GuardError): void {
    this.#below.guard?.(position, value, error);
  }
}

/**
 * Runs `fn` and returns its result, which is a constant to every derivative around it: tapes keep nothing of what `fn` does,
 * which saves their memory. Tensors stand in nested arrays and objects of the result. Variables may be assigned. Outside of
 * derivatives it is `fn()`: nothing is recorded there anyway. Like `torch.no_grad` in PyTorch.
 *
 * @throws ConfigError when `fn` returns a promise.
 * @example
 * const loss = (x: Tensor) => x.mul(noGrad(() => x.square())).sum();
 * grad(loss)(tensor([1, 2])); // [1, 4], the squares
 */
export function noGrad<R>(fn: () => R): R {
  checkFunction(fn, 'noGrad');
  const around = currentInterpreter();
  const tapes = tapesFrom(around);
  const base = tapes.at(-1)?.below ?? around;
  const eager = base === withInterpreter(null, currentInterpreter);
  if (eager && tapes.length === 0) return synchronous(fn(), 'noGrad');
  const inner = tapes.length === 0 ? around : new Untaped(tapes[0]!, base);
  const result = synchronous(withInterpreter(inner, fn), 'noGrad');
  // What computes at once makes a copy of a constant, so only what a tape knows is made one.
  const known = (leaf: Tensor): boolean => !eager || tapes.some((tape) => tape.isWatched(leaf));
  return mapTree(result, (leaf) => (known(leaf) ? stopGradient(leaf) : leaf));
}
