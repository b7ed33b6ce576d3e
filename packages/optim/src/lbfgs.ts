/**
 * LBFGS: a quasi-Newton method for losses without noise.
 */
import { ConfigError, tensor, type Tensor, type Variable } from '@dl/tensor';
import { describe, sizeOf } from '@dl/tensor/interpreter';
import { searchWolfe, type Point } from './lbfgs/line-search.ts';
import { addScaled, dot, largest, type Vector } from './lbfgs/vectors.ts';

/** Options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** Length of a step along the direction; the first length that a line search tries. 1 unless given. */
  readonly learningRate?: number | undefined;
  /** Steps of one call of `step`, 20 unless given. */
  readonly maxIter?: number | undefined;
  /** Evaluations of the loss in one call of `step`, 1.25 times `maxIter` unless given. */
  readonly maxEval?: number | undefined;
  /** The search ends when no gradient is larger, 1e-7 unless given. */
  readonly toleranceGrad?: number | undefined;
  /** The search ends when loss and variables change by less, 1e-9 unless given. */
  readonly toleranceChange?: number | undefined;
  /** Steps that are remembered, 100 unless given. */
  readonly historySize?: number | undefined;
  /** 'strong_wolfe' looks for a good length of each step; null, the default, takes `learningRate`. */
  readonly lineSearch?: 'strong_wolfe' | null | undefined;
}

/** What the loss is at the present values of the variables. */
export interface Evaluation {
  readonly value: Tensor;
  /** One per variable; null counts as 0. */
  readonly grads: readonly (Tensor | null)[];
}

interface Memory {
  readonly y: Vector;
  readonly s: Vector;
  readonly rho: number;
}

/**
 * L-BFGS (J. Nocedal, 1980; D. Liu, J. Nocedal, 1989), with the names and numbers of `torch.optim.LBFGS`. It evaluates the
 * loss many times in a step, so the function must give the same loss each time: whole data, no dropout. The direction is
 * computed on the host in float64; compile the function with `jit`.
 *
 * @example
 * const w = new Variable([3, -2]);
 * const optimizer = new LBFGS([w], { lineSearch: 'strong_wolfe' });
 * await optimizer.step(() => variableGrads(() => w.read().square().sum(), [w]));
 */
export class LBFGS {
  readonly variables: readonly Variable[];
  readonly learningRate: number;
  readonly maxIter: number;
  readonly maxEval: number;
  readonly toleranceGrad: number;
  readonly toleranceChange: number;
  readonly historySize: number;
  readonly lineSearch: 'strong_wolfe' | null;
  #memory: Memory[] = [];
  #direction: Vector | null = null;
  #scale = 1;
  #last: Vector | null = null;
  #length = 0;
  #iterations = 0;

  constructor(variables: readonly Variable[], options: LBFGSOptions = {}) {
    if (!Array.isArray(variables) || variables.length === 0) {
      throw new ConfigError(`LBFGS: expected a list of Variables, got ${describe(variables)}`);
    }
    const lineSearch = options.lineSearch ?? null;
    if (lineSearch !== null && lineSearch !== 'strong_wolfe') {
      throw new ConfigError(`LBFGS: lineSearch must be 'strong_wolfe' or null, got ${describe(lineSearch)}`);
    }
    this.variables = variables;
    this.learningRate = options.learningRate ?? 1;
    this.maxIter = options.maxIter ?? 20;
    this.maxEval = options.maxEval ?? Math.floor((this.maxIter * 5) / 4);
    this.toleranceGrad = options.toleranceGrad ?? 1e-7;
    this.toleranceChange = options.toleranceChange ?? 1e-9;
    this.historySize = options.historySize ?? 100;
    this.lineSearch = lineSearch;
  }

  /** Number of steps so far, over all calls. */
  get iterations(): number {
    return this.#iterations;
  }

  /**
   * Up to `maxIter` steps. `evaluate` gives the loss and its gradients at the present values of the variables.
   *
   * @returns the loss before the first step.
   * @throws ConfigError when the numbers of gradients and variables differ.
   */
  async step(evaluate: () => Evaluation): Promise<number> {
    let point = await this.#evaluate(evaluate);
    const first = point.value;
    let evaluations = 1;
    if (largest(point.gradient) <= this.toleranceGrad) return first;
    for (let i = 0; i < this.maxIter; i++) {
      this.#iterations++;
      const direction = this.#nextDirection(point.gradient);
      const slope = dot(point.gradient, direction);
      if (slope > -this.toleranceChange) break;
      const start = await this.#values();
      const before = point;
      const guess =
        this.#iterations === 1
          ? Math.min(1, 1 / point.gradient.reduce((sum, g) => sum + Math.abs(g), 0)) * this.learningRate
          : this.learningRate;
      if (this.lineSearch === null) {
        this.#length = guess;
        this.#assign(addScaled(start, direction, guess));
        const done = i === this.maxIter - 1;
        if (!done) {
          point = await this.#evaluate(evaluate);
          evaluations++;
        }
      } else {
        const along = async (length: number): Promise<Point> => {
          this.#assign(addScaled(start, direction, length));
          const at = await this.#evaluate(evaluate);
          return { length, ...at, slope: dot(at.gradient, direction) };
        };
        const found = await searchWolfe(along, { ...point, length: 0, slope }, guess, largest(direction));
        this.#length = found.point.length;
        evaluations += found.evaluations;
        this.#assign(addScaled(start, direction, found.point.length));
        point = found.point;
      }
      if (evaluations >= this.maxEval) break;
      if (largest(point.gradient) <= this.toleranceGrad) break;
      if (largest(direction) * this.#length <= this.toleranceChange) break;
      if (Math.abs(point.value - before.value) < this.toleranceChange) break;
    }
    return first;
  }

  /** −H·g, where H is what the remembered steps tell of the inverse second derivatives. */
  #nextDirection(gradient: Vector): Vector {
    if (this.#direction !== null) {
      const y = addScaled(gradient, this.#last!, -1);
      const s = this.#direction.map((d) => d * this.#length);
      const ys = dot(y, s);
      if (ys > 1e-10) {
        if (this.#memory.length === this.historySize) this.#memory.shift();
        this.#memory.push({ y, s, rho: 1 / ys });
        this.#scale = ys / dot(y, y);
      }
    }
    let q = gradient.map((g) => -g);
    const alphas = this.#memory.map(() => 0);
    for (let i = this.#memory.length - 1; i >= 0; i--) {
      const { y, s, rho } = this.#memory[i]!;
      alphas[i] = rho * dot(s, q);
      q = addScaled(q, y, -alphas[i]!);
    }
    q = q.map((value) => value * this.#scale);
    this.#memory.forEach(({ y, s, rho }, i) => {
      q = addScaled(q, s, alphas[i]! - rho * dot(y, q));
    });
    this.#direction = q;
    this.#last = gradient;
    return q;
  }

  async #evaluate(evaluate: () => Evaluation): Promise<{ readonly value: number; readonly gradient: Vector }> {
    const { value, grads } = evaluate();
    if (grads.length !== this.variables.length) {
      throw new ConfigError(`LBFGS: got ${grads.length} gradients for ${this.variables.length} variables`);
    }
    const parts = await Promise.all(
      grads.map(async (gradient, i) => gradient?.data() ?? new Float32Array(sizeOf(this.variables[i]!.shape))),
    );
    return { value: await value.item(), gradient: join(parts) };
  }

  async #values(): Promise<Vector> {
    return join(await Promise.all(this.variables.map((variable) => variable.value.data())));
  }

  #assign(values: Vector): void {
    let at = 0;
    for (const variable of this.variables) {
      const part = values.subarray(at, (at += sizeOf(variable.shape)));
      variable.assign(tensor(Float64Array.from(part), variable.dtype, variable.shape));
    }
  }
}

/** One vector of several arrays. */
function join(parts: readonly ArrayLike<number>[]): Vector {
  const vector = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    vector.set(part, at);
    at += part.length;
  }
  return vector;
}
