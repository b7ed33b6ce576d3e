/**
 * jit: functions that are traced once per signature of their arguments and then run as one program.
 */
import type { Backend } from '../backend/backend.ts';
import { ConfigError } from '../errors.ts';
import type { Graph } from '../graph/graph.ts';
import type { Program } from '../kernel/kernel.ts';
import { currentInterpreter } from '../runtime/interpreter.ts';
import { getBackend } from '../runtime/context.ts';
import { EAGER } from '../runtime/eager.ts';
import { describe } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { describeArgument, flatten } from './arguments.ts';
import { probe } from '../runtime/probe.ts';
import { Compiled, type Call } from './compiled.ts';
import { explainCompiled } from './explain.ts';
import { JIT_PASSES, type JitPassName } from './prelude.ts';
import { verifyCall } from './verify.ts';

/** Options of {@link jit}. */
export interface JitOptions {
  /** Places of arguments that are known while tracing even if they are numbers; another value traces again. */
  readonly static?: readonly number[];
  /** Most programs that are kept; the one used longest ago goes first. Default 32. */
  readonly maxPrograms?: number;
  /** The first so many calls run op by op as well, and must agree; default 0. Needs a backend that reads at once. */
  readonly verify?: number;
  /**
   * A debugging aid: graph passes that do not run, so that a wrong value can be traced to one of them. The function
   * computes the same without them, up to rounding, and more slowly.
   */
  readonly passes?: { readonly off: readonly JitPassName[] };
  /**
   * Whether the first axis of tensors counts samples, so that batches of another size cause no warning about repeated
   * traces; default false.
   */
  readonly openBatch?: boolean;
  /** Name in messages; default that of the function. */
  readonly name?: string;
}

/** The stages of a compiled function. */
export interface Lowered {
  /** What was traced. */
  readonly graph: Graph;
  /** What the passes leave to be run every time. */
  readonly optimized: Graph;
  readonly program: Program;
}

/** A compiled function. */
export interface Jitted<A extends readonly unknown[], R> {
  (...args: A): R;
  /** Graph, kernels, buffers and bytes of the program for such arguments, as text; compiles it if need be. */
  explain(...args: A): string;
  /** The graph, what the passes leave of it, and the program for such arguments; for tools and tests. */
  lower(...args: A): Lowered;
  /** Number of programs compiled so far. */
  readonly traces: number;
  /** Gives all programs back. */
  dispose(): void;
}

const DEFAULT_PROGRAMS = 32;
/** From this many traces on, the argument that causes them is named once. */
const WARN_AT = 3;
/** The first size in the description of a tensor. */
const FIRST_SIZE = /(?<=\[)\d+/g;

/**
 * Compiles a function of tensors. It is traced once per signature of its arguments (their structure, shapes and dtypes);
 * later calls run one program: no op is looked up, nothing is allocated but the results.
 *
 * Tensors, typed arrays and numbers in the arguments are values that may change from call to call (a number arrives as
 * a scalar tensor); strings, booleans and other objects are known while tracing. A Variable that is read becomes an
 * input, one that is assigned is updated in place. Tensors from outside are taken by reference. Everything else that the
 * function does in JS happens once, while it is traced.
 *
 * @throws ConfigError when the function returns a promise or reads a value, BackendError when tensors live elsewhere.
 * @example
 * const step = jit((x: Tensor, y: Tensor) => {
 *   const { value, grads } = variableGrads(() => model.apply(x).sub(y).square().mean(), model.trainableWeights);
 *   optimizer.apply(grads, model.trainableWeights);
 *   return value;
 * });
 */
export function jit<A extends readonly unknown[], R>(fn: (...args: A) => R, options: JitOptions = {}): Jitted<A, R> {
  if (typeof fn !== 'function') throw new ConfigError(`jit: expected a function, got ${describe(fn)}`);
  const cache = new Cache(fn as (...args: never[]) => unknown, options);
  const call = (...args: A): R => {
    // Inside another trace or under a tape the function is part of what is recorded there.
    if (currentInterpreter() !== EAGER) return fn(...args);
    return cache.run(args) as R;
  };
  return Object.defineProperties(call, {
    name: { value: cache.name },
    explain: { value: (...args: A): string => explainCompiled(cache.find(args).compiled) },
    lower: {
      value: (...args: A): Lowered => {
        const { graph, optimized, program } = cache.find(args).compiled;
        return { graph, optimized, program };
      },
    },
    traces: { get: () => cache.traces },
    dispose: { value: () => cache.dispose() },
  }) as Jitted<A, R>;
}

interface Found {
  readonly compiled: Compiled;
  readonly dynamic: readonly (Tensor | number)[];
}

class Cache {
  readonly name: string;
  traces = 0;
  readonly #fn: (...args: never[]) => unknown;
  readonly #fixed: ReadonlySet<number>;
  readonly #limit: number;
  readonly #off: ReadonlySet<JitPassName>;
  readonly #programs = new Map<Backend, Map<string, Compiled>>();
  #unverified: number;
  readonly #openBatch: boolean;
  #last: { readonly keys: readonly string[]; readonly args: readonly string[] } | null = null;
  /** Traces that count towards the warning. */
  #counted = 0;
  #warned = false;

  constructor(fn: (...args: never[]) => unknown, options: JitOptions) {
    const { maxPrograms = DEFAULT_PROGRAMS, verify = 0 } = options;
    if (!Number.isInteger(maxPrograms) || maxPrograms < 1)
      throw new ConfigError(`jit: maxPrograms must be a positive integer, got ${describe(maxPrograms)}`);
    if (!Number.isInteger(verify) || verify < 0)
      throw new ConfigError(`jit: verify must be a number of calls, got ${describe(verify)}`);
    this.name = options.name ?? (fn.name || 'jit');
    this.#fn = fn;
    this.#fixed = new Set(options.static);
    this.#limit = maxPrograms;
    this.#off = new Set(checkPasses(options.passes?.off ?? []));
    this.#unverified = verify;
    this.#openBatch = options.openBatch ?? false;
  }

  find(args: readonly unknown[]): Found {
    const { keys, dynamic } = flatten(args, this.#fixed);
    const backend = backendOf(dynamic);
    let programs = this.#programs.get(backend);
    if (!programs) this.#programs.set(backend, (programs = new Map()));
    const key = keys.join(';');
    let compiled = programs.get(key);
    if (compiled === undefined) {
      this.#remember(keys, args);
      const call = this.#call(args, dynamic);
      compiled = probe.measure('compile', () => new Compiled(call, backend));
      this.traces++;
      if (programs.size >= this.#limit) {
        const [oldest, program] = programs.entries().next().value!;
        program.dispose();
        programs.delete(oldest);
      }
      programs.set(key, compiled);
    } else if (programs.size > 1) {
      programs.delete(key);
      programs.set(key, compiled);
    }
    return { compiled, dynamic };
  }

  run(args: readonly unknown[]): unknown {
    const { compiled, dynamic } = this.find(args);
    if (this.#unverified === 0) return compiled.run(dynamic);
    this.#unverified--;
    return verifyCall(compiled, this.#call(args, dynamic));
  }

  #call(args: readonly unknown[], dynamic: readonly (Tensor | number)[]): Call {
    return { name: this.name, fn: this.#fn, args, fixed: this.#fixed, dynamic, off: this.#off };
  }

  /** Warns, once, when the same function is traced again and again. */
  #remember(keys: readonly string[], args: readonly unknown[]): void {
    const last = this.#last;
    const now = { keys, args: args.map(describeArgument) };
    this.#last = now;
    const same = (i: number): boolean =>
      keys[i] === last?.keys[i] || (this.#openBatch && open(now.args[i]!) === open(last?.args[i] ?? ''));
    const at = last === null ? 0 : keys.findIndex((_, i) => !same(i));
    if (at < 0) return;
    this.#counted++;
    if (last === null || this.#warned || this.#counted < WARN_AT) return;
    this.#warned = true;
    console.warn(
      `jit: ${this.name} is traced again (trace ${this.traces + 1}), because argument ${at} changed from ` +
        `${last.args[at]} to ${now.args[at]}; every signature is compiled anew, so keep shapes ` +
        'the same (pad the last batch) and pass what changes as a tensor or number',
    );
  }

  dispose(): void {
    for (const programs of this.#programs.values()) for (const compiled of programs.values()) compiled.dispose();
    this.#programs.clear();
  }
}

/** A description of an argument without the number of its samples. */
const open = (described: string): string => described.replaceAll(FIRST_SIZE, '');

function checkPasses(names: readonly JitPassName[]): readonly JitPassName[] {
  const unknown = names.find((name) => !JIT_PASSES.includes(name));
  if (unknown === undefined) return names;
  throw new ConfigError(`jit: there is no pass ${describe(unknown)}; known: ${JIT_PASSES.join(', ')}`);
}

/** The backend of the first tensor, or the default one. */
function backendOf(dynamic: readonly (Tensor | number)[]): Backend {
  for (const value of dynamic) if (value instanceof Tensor && value.storage !== null) return value.storage.backend;
  return getBackend();
}
