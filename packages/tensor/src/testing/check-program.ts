/**
 * Checks a program made by hand or by a rewriting, so that a mistake is named instead of computed.
 */
import { BackendError } from '../errors.ts';
import type { ConvKernel, Kernel, Operand, Output, Program } from '../kernel/kernel.ts';
import { walk, type Int, type ScalarExpr } from '../kernel/scalar.ts';

/**
 * Throws a BackendError that names the first kernel of a program that is wrong, and what is wrong with it: buffers that do
 * not exist or hold another dtype, strides of another rank, sizes that are no integers, expressions that read what is not
 * there. What `jit` and the ops make is always right; backends do not check it again.
 *
 * @example checkProgram({ name: 'empty', buffers: [], args: [], params: [], kernels: [] });
 */
export function checkProgram(program: Program): void {
  program.args.forEach((buffer, i) => {
    const role = program.buffers[buffer]?.role;
    if (role === undefined) fail(program, `argument ${i} is buffer ${buffer}, which does not exist`);
    if (role === 'temp') fail(program, `argument ${i} is buffer ${buffer}, which is temporary`);
  });
  program.buffers.forEach(({ role, size }, i) => {
    if (role !== 'temp' && !program.args.includes(i)) fail(program, `${role} buffer ${i} is not an argument`);
    checkInt(program, size, `size of buffer ${i}`);
  });
  program.kernels.forEach((kernel, i) => new Checker(program, `kernel ${i} (${kernel.kind})`, false).kernel(kernel));
}

function fail(program: Program, reason: string): never {
  throw new BackendError(`program '${program.name}': ${reason}`);
}

function checkInt(program: Program, value: Int, what: string): void {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) fail(program, `${what} is ${value}, expected an integer`);
    return;
  }
  const spec = program.params[value.param];
  if (spec?.dtype !== 'int32') fail(program, `${what} is parameter ${value.param}, which is no int32`);
}

class Checker {
  readonly #program: Program;
  readonly #where: string;
  readonly #inLoop: boolean;

  constructor(program: Program, where: string, inLoop: boolean) {
    this.#program = program;
    this.#where = where;
    this.#inLoop = inLoop;
  }

  #fail(reason: string): never {
    fail(this.#program, `${this.#where}: ${reason}`);
  }

  #ints(values: readonly Int[], what: string): void {
    for (const value of values) checkInt(this.#program, value, `${this.#where}: ${what}`);
  }

  kernel(kernel: Kernel): void {
    switch (kernel.kind) {
      case 'map':
        this.#ints(kernel.shape, 'a size');
        return this.#body(kernel.operands, kernel.outputs, kernel.shape.length, kernel.shape.length, 0);
      case 'reduce': {
        const [kept, rank] = [kernel.shape.length, kernel.shape.length + kernel.reduced.length];
        this.#ints([...kernel.shape, ...kernel.reduced], 'a size');
        kernel.stages.forEach(({ expr }, i) => this.#expr(expr, kernel.operands, rank, i));
        this.#body(kernel.operands, kernel.outputs, rank, kept, kernel.stages.length);
        return this.#body(kernel.operands, kernel.writes, rank, rank, kernel.stages.length);
      }
      case 'matmul': {
        const rank = kernel.batch.length + 2;
        this.#ints([...kernel.batch, kernel.m, kernel.n, kernel.k], 'a size');
        this.#operand(kernel.a, rank, 'operand a');
        this.#operand(kernel.b, rank, 'operand b');
        return this.#body(kernel.operands, kernel.outputs, rank, rank, 1);
      }
      case 'conv':
        return this.#conv(kernel);
      case 'scatter': {
        const rank = kernel.shape.length;
        this.#ints([...kernel.shape, ...kernel.dims], 'a size');
        this.#operand(kernel.target, kernel.dims.length, 'the target');
        if (kernel.coords.length !== kernel.dims.length)
          this.#fail(`${kernel.coords.length} coordinates for ${kernel.dims.length} dimensions`);
        [...kernel.coords, kernel.value].forEach((expr) => this.#expr(expr, kernel.operands, rank, 0));
        return;
      }
      case 'cumulative':
        return this.#lines([kernel.input, kernel.output], kernel.shape, kernel.length);
      case 'sort':
        if (!kernel.values && !kernel.indices) this.#fail('it gives neither values nor indices');
        return this.#lines(
          [kernel.input, kernel.values, kernel.indices].filter((o) => o !== null),
          kernel.shape,
          kernel.length,
        );
      case 'loop':
        this.#ints([kernel.trip], 'the number of iterations');
        kernel.body.forEach((inner, i) =>
          new Checker(this.#program, `${this.#where}, kernel ${i} (${inner.kind})`, true).kernel(inner),
        );
        return;
      case 'switch':
        if (this.#program.buffers[kernel.index]?.dtype !== 'int32') this.#fail('the index is no int32 buffer');
        kernel.branches.forEach((branch, n) =>
          branch.forEach((inner, i) =>
            new Checker(this.#program, `${this.#where}, branch ${n}, kernel ${i} (${inner.kind})`, this.#inLoop).kernel(
              inner,
            ),
          ),
        );
        return;
      case 'routine':
        [...kernel.inputs, ...kernel.outputs].forEach((operand) =>
          this.#operand(operand, operand.strides.length, 'an operand'),
        );
        return;
      default:
        kernel satisfies never;
    }
  }

  #conv(kernel: ConvKernel): void {
    const rank = kernel.axes.length + 3;
    const { axes, groups, batch, channels, features } = kernel;
    this.#ints([groups, batch, channels, features, ...axes.flatMap((axis) => Object.values(axis) as Int[])], 'a size');
    this.#operand(kernel.lhs, rank, 'the input');
    this.#operand(kernel.rhs, rank, 'the filter');
    this.#body(kernel.operands, kernel.outputs, rank, rank, 1);
  }

  #lines(operands: readonly Operand[], shape: readonly Int[], length: Int): void {
    this.#ints([...shape, length], 'a size');
    operands.forEach((operand) => this.#operand(operand, shape.length + 1, 'an operand'));
  }

  #body(
    operands: readonly Operand[],
    outputs: readonly Output[],
    rank: number,
    outputRank: number,
    stages: number,
  ): void {
    outputs.forEach(({ operand, expr }, i) => {
      this.#operand(operand, outputRank, `output ${i}`);
      this.#expr(expr, operands, rank, stages);
    });
  }

  #operand(operand: Operand, rank: number, what: string): void {
    const spec = this.#program.buffers[operand.buffer];
    if (!spec) this.#fail(`${what} is buffer ${operand.buffer}, which does not exist`);
    if (spec.dtype !== operand.dtype) this.#fail(`${what} is ${operand.dtype}, but its buffer holds ${spec.dtype}`);
    if (operand.strides.length !== rank) this.#fail(`${what} has ${operand.strides.length} strides, expected ${rank}`);
    this.#ints([operand.offset, ...operand.strides], `${what}: an offset or stride`);
    if (operand.iterationStride !== undefined) {
      this.#ints([operand.iterationStride], `${what}: its stride per iteration`);
      if (!this.#inLoop) this.#fail(`${what} moves with the iteration, but there is no loop`);
    }
  }

  #expr(root: ScalarExpr, operands: readonly Operand[], rank: number, stages: number): void {
    const loaded = (slot: number, dimensions: number): void => {
      const operand = operands[slot];
      if (!operand) this.#fail(`an expression loads operand ${slot} of ${operands.length}`);
      this.#operand(operand, dimensions, `operand ${slot}`);
    };
    walk([root], (e) => {
      switch (e.kind) {
        case 'load':
          return loaded(e.operand, rank);
        case 'at':
          return loaded(e.operand, e.coords.length);
        case 'param':
          if (!this.#program.params[e.index]) this.#fail(`an expression reads parameter ${e.index}`);
          return;
        case 'int':
          return this.#ints([e.value], 'an integer of an expression');
        case 'index':
          if (e.axis >= rank) this.#fail(`an expression reads the index of axis ${e.axis} of ${rank}`);
          return;
        case 'stage':
          if (e.index >= stages) this.#fail(`an expression reads stage ${e.index} before it is known`);
          return;
        case 'iteration':
          if (!this.#inLoop) this.#fail('an expression reads the iteration, but there is no loop');
          return;
        default:
          return;
      }
    });
  }
}
