/**
 * Random programs of many kernels over square matrices, with loops: kernels that threads divide stand among kernels that
 * one thread runs, temporaries share their places, and states are updated where they are.
 */
import {
  binary,
  load,
  stage,
  unary,
  type BufferSpec,
  type Kernel,
  type LoopKernel,
  type Operand,
  type Program,
  type TypedArray,
} from '@dl/tensor/backend';
import type { TestRandom } from '@dl/tensor/testing';
import type { RandomCase } from './random-program.ts';

const x = load(0, 'float32');
const y = load(1, 'float32');
const total = stage(0, 'float32');

class Chain {
  readonly #random: TestRandom;
  readonly #n: number;
  readonly #exact: boolean;
  readonly buffers: BufferSpec[] = [];
  /** Matrices that hold something. */
  readonly #filled: number[] = [];

  constructor(random: TestRandom, n: number, exact: boolean) {
    this.#random = random;
    this.#n = n;
    this.#exact = exact;
  }

  add(role: BufferSpec['role'], size = this.#n * this.#n): number {
    return this.buffers.push({ role, dtype: 'float32', size }) - 1;
  }

  fill(buffer: number): number {
    this.#filled.push(buffer);
    return buffer;
  }

  #at(buffer: number, ...strides: number[]): Operand {
    return { buffer, dtype: 'float32', offset: 0, strides };
  }

  read(): number {
    return this.#random.pick(this.#filled);
  }

  /** A kernel that fills `to` from matrices that hold something, perhaps from itself. */
  kernel(to: number): Kernel {
    const n = this.#n;
    const random = this.#random;
    const others = this.#filled.filter((buffer) => buffer !== to);
    const from = (): number => random.pick(others);
    const out = this.#at(to, n, 1);
    const exact = this.#exact;
    switch (exact ? random.pick([1, 3, 4, 5, 5]) : random.below(8)) {
      case 0:
        return {
          kind: 'matmul',
          batch: [],
          m: n,
          n,
          k: n,
          dtype: 'float32',
          a: this.#at(from(), n, 1),
          b: this.#at(from(), 1, n),
          operands: [],
          outputs: [{ operand: out, expr: unary('tanh', total) }],
        };
      case 1:
        return {
          kind: 'reduce',
          shape: [n],
          reduced: [n],
          operands: [this.#at(from(), n, 1)],
          stages: [{ op: 'max', dtype: 'float32', expr: x }],
          outputs: [],
          writes: [{ operand: out, expr: exact ? binary('min', unary('neg', x), total) : binary('sub', x, total) }],
        };
      case 2:
        // One sum: nobody can share it.
        return {
          kind: 'reduce',
          shape: [],
          reduced: [n, n],
          operands: [this.#at(from(), n, 1)],
          stages: [{ op: 'sum', dtype: 'float32', expr: x }],
          outputs: [],
          writes: [{ operand: out, expr: unary('sin', binary('add', x, total)) }],
        };
      case 3:
        return {
          kind: 'cumulative',
          op: 'max',
          shape: [n],
          length: n,
          reverse: false,
          exclusive: false,
          input: this.#at(from(), 1, n),
          output: out,
        };
      case 4:
        return {
          kind: 'sort',
          shape: [n],
          length: n,
          descending: true,
          input: this.#at(from(), n, 1),
          values: out,
          indices: null,
        };
      default: {
        const chosen = binary(random.pick(['max', 'min'] as const), unary('neg', x), y);
        // In place where the target holds something.
        const first = this.#filled.includes(to) && random.below(2) === 0 ? this.#at(to, n, 1) : this.#at(from(), 1, n);
        return {
          kind: 'map',
          shape: [n, n],
          operands: [first, this.#at(from(), n, 1)],
          outputs: [{ operand: out, expr: exact ? chosen : unary('tanh', binary('sub', x, y)) }],
        };
      }
    }
  }

  /** A loop that carries a matrix and runs some kernels in every iteration. */
  loop(): readonly [Kernel, LoopKernel] {
    const n = this.#n;
    const [current, next] = [this.add('temp'), this.add('temp')];
    const start: Kernel = {
      kind: 'map',
      shape: [n, n],
      operands: [this.#at(this.read(), n, 1)],
      outputs: [{ operand: this.#at(current, n, 1), expr: x }],
    };
    this.fill(current);
    const inner = this.add('temp');
    const body = [this.kernel(inner)];
    this.fill(inner);
    if (this.#random.below(2) === 0) body.push(this.kernel(inner));
    body.push(this.kernel(next));
    return [
      start,
      { kind: 'loop', trip: 1 + this.#random.below(4), reverse: false, carries: [{ current, next }], body },
    ];
  }
}

export function chain(random: TestRandom): RandomCase {
  return made(random, false, () => random.next() * 2 - 1);
}

/** A chain that only changes signs, compares and sorts, so that nothing is rounded. */
export function exactChain(random: TestRandom): RandomCase {
  return made(random, true, () => (2 * random.below(64) - 63) / 16);
}

function made(random: TestRandom, exact: boolean, draw: () => number): RandomCase {
  const n = random.pick([8, 17, 33, 64]);
  const chain_ = new Chain(random, n, exact);
  const args = [chain_.fill(chain_.add('input')), chain_.fill(chain_.add('state'))];
  args.push(chain_.fill(chain_.add('state')));
  const kernels: Kernel[] = [];
  const count = 3 + random.below(10);
  while (kernels.length < count) {
    if (random.below(6) === 0) {
      kernels.push(...chain_.loop());
      continue;
    }
    const to = random.below(3) === 0 ? random.pick(args.slice(1)) : chain_.add('temp');
    kernels.push(chain_.kernel(to));
    chain_.fill(to);
  }
  const output = chain_.add('output');
  kernels.push(chain_.kernel(output));
  args.push(output);
  const data = args.map((): TypedArray => Float32Array.from({ length: n * n }, draw));
  const program: Program = { name: 'chain', buffers: chain_.buffers, args, params: [], kernels };
  return { program, args: data, params: [] };
}
