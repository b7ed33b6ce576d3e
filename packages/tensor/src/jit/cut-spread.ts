/**
 * Convolutions of images that are spread out with zeros between their elements, as in the gradients of strided ones: cut
 * into one convolution for each remainder of the output positions, of which none multiplies by those zeros.
 */
import type { ConvAxis, ConvKernel, Kernel, MapKernel, Operand, Output, Program } from '../kernel/kernel.ts';
import { binary, constant, rewrite, type ScalarExpr } from '../kernel/scalar.ts';

/** The program with its spread-out convolutions cut. */
export function cutSpread(program: Program): Program {
  return { ...program, kernels: program.kernels.flatMap(cutKernel) };
}

function cutKernel(kernel: Kernel): readonly Kernel[] {
  if (kernel.kind === 'conv') return phasesOf(kernel);
  if (kernel.kind === 'loop') return [{ ...kernel, body: kernel.body.flatMap(cutKernel) }];
  if (kernel.kind !== 'switch') return [kernel];
  return [{ ...kernel, branches: kernel.branches.map((branch) => branch.flatMap(cutKernel)) }];
}

/** Outputs at positions `first`, `first + step` … along an axis, and the taps `tap`, `tap + step` … that reach them. */
interface Phase {
  readonly axis: ConvAxis;
  readonly first: number;
  readonly tap: number;
}

/**
 * The convolutions that a conv consists of, and maps for positions that only meet zeros. Threads can divide each of them
 * along an axis that is not spatial.
 */
export function phasesOf(kernel: ConvKernel): readonly (ConvKernel | MapKernel)[] {
  if ([kernel.batch, kernel.groups, kernel.features].every((size) => size === 1)) return [kernel];
  return kernel.axes
    .reduce<readonly ConvKernel[]>((parts, _, d) => parts.flatMap((part) => along(part, d)), [kernel])
    .map((part) => (part.axes.every(({ kernel }) => kernel !== 0) ? part : nothing(part)));
}

/** A conv cut along a spatial axis; itself where that cannot be done. */
function along(kernel: ConvKernel, d: number): readonly ConvKernel[] {
  const axis = kernel.axes[d]!;
  const { lhsDilation: step, output, kernel: taps } = axis;
  if (step === 1 || output === 0 || taps === 0) return [kernel];
  const phases = phasesAlong(axis);
  const moved = [...kernel.operands, ...kernel.outputs.map(({ operand }) => operand)];
  const fixed = moved.every((operand) => isFixed(operand, d + 1)) && isFixed(kernel.rhs, d + 3);
  if (phases === null || !fixed) return [kernel];
  return phases.map((phase) => partOf(kernel, d, Number(step), phase));
}

function isFixed({ offset, strides }: Operand, axis: number): boolean {
  return typeof offset === 'number' && typeof strides[axis] === 'number';
}

function phasesAlong(axis: ConvAxis): Phase[] | null {
  const { input, kernel, output, stride, padLow, lhsDilation: step, rhsDilation } = axis;
  const known = [input, kernel, output, padLow, step].every((value) => typeof value === 'number');
  if (!known || stride !== 1 || rhsDilation !== 1) return null;
  const [size, pad, by, taps] = [output, padLow, step, kernel] as number[] as [number, number, number, number];
  return Array.from({ length: Math.min(by, size) }, (_, first) => {
    const tap = (((pad - first) % by) + by) % by;
    const part: ConvAxis = {
      ...axis,
      kernel: Math.max(0, Math.ceil((taps - tap) / by)),
      output: Math.ceil((size - first) / by),
      padLow: (pad - first - tap) / by,
      lhsDilation: 1,
    };
    return { axis: part, first, tap };
  });
}

/** An operand that starts further along an axis and takes longer steps. */
function stepped(operand: Operand, axis: number, first: number, step: number): Operand {
  const stride = operand.strides[axis] as number;
  return {
    ...operand,
    offset: (operand.offset as number) + first * stride,
    strides: operand.strides.map((old, d) => (d === axis ? stride * step : old)),
  };
}

function partOf(kernel: ConvKernel, d: number, step: number, { axis, first, tap }: Phase): ConvKernel {
  const place = (operand: Operand): Operand => stepped(operand, d + 1, first, step);
  const whole = (e: ScalarExpr): ScalarExpr =>
    e.kind === 'index' && e.axis === d + 1
      ? binary('add', binary('mul', e, constant(step, 'int32')), constant(first, 'int32'))
      : e;
  const exprs = rewrite(
    kernel.outputs.map(({ expr }) => expr),
    whole,
  );
  return {
    ...kernel,
    axes: kernel.axes.map((old, other) => (other === d ? axis : old)),
    rhs: stepped(kernel.rhs, d + 3, tap, step),
    operands: kernel.operands.map(place),
    outputs: kernel.outputs.map(({ operand }, o): Output => ({ operand: place(operand), expr: exprs[o]! })),
  };
}

/** The outputs of a conv without taps, whose sums are 0. */
function nothing({ batch, axes, groups, features, operands, outputs, dtype }: ConvKernel): MapKernel {
  const exprs = rewrite(
    outputs.map(({ expr }) => expr),
    (e) => (e.kind === 'stage' ? constant(0, dtype) : e),
  );
  return {
    kind: 'map',
    shape: [batch, ...axes.map(({ output }) => output), groups, features],
    operands,
    outputs: outputs.map(({ operand }, o) => ({ operand, expr: exprs[o]! })),
  };
}
