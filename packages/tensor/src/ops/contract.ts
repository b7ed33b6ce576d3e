/**
 * Contraction rows: batched matrix product and general convolution.
 */
import { computeDType } from '../dtype.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { broadcastShapes, formatShape } from '../shape.ts';
import type { ConvAttrs, OpAttrs } from './attrs.ts';
import { checkClass, checkWindow, sameDType } from './infer.ts';
import type { AnchorRow, Aval, OpTable, Source } from './spec.ts';

const matmul: AnchorRow<OpAttrs['matmul']> = {
  kind: 'anchor',
  infer: (inputs) => {
    const [a, b] = inputs as readonly [Aval, Aval];
    const dtype = sameDType('matmul', inputs);
    checkClass('matmul', 'number', a);
    if (a.shape.length < 2 || b.shape.length < 2) {
      throw new ShapeError(`matmul: both inputs need rank ≥ 2, got ${formatShape(a.shape)} × ${formatShape(b.shape)}`);
    }
    if (a.shape.at(-1) !== b.shape.at(-2)) {
      throw new ShapeError(
        `matmul: inner dimensions differ, ${formatShape(a.shape)} × ${formatShape(b.shape)}; ` +
          `the last size of the first (${a.shape.at(-1)}) must equal the second-last of the second (${b.shape.at(-2)})`,
      );
    }
    const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'matmul (batch axes)');
    return [{ shape: [...batch, a.shape.at(-2)!, b.shape.at(-1)!], dtype }];
  },
  anchor: ([a, b], _, output) => {
    const batch = output.shape.slice(0, -2);
    const strides = ({ shape, strides }: Source): number[] => {
      const lead = batch.length - (shape.length - 2);
      return [
        ...batch.map((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? 0 : strides[i - lead]!)),
        ...strides.slice(-2),
      ];
    };
    return {
      space: output.shape,
      build: (operand, operands, outputs) => ({
        kind: 'matmul',
        batch,
        m: a!.shape.at(-2)!,
        n: b!.shape.at(-1)!,
        k: a!.shape.at(-1)!,
        dtype: computeDType(output.dtype),
        a: operand({ ...a!, strides: strides(a!) }),
        b: operand({ ...b!, strides: strides(b!) }),
        operands,
        outputs,
      }),
    };
  },
};

/** Size of an axis whose elements lie `dilation` apart. */
export function dilatedSize(size: number, dilation: number): number {
  return size === 0 ? 0 : (size - 1) * dilation + 1;
}

/** Positions a window of `kernel` takes over `input`, both already dilated. */
export function outputSize(
  input: number,
  kernel: number,
  stride: number,
  [low, high]: readonly [number, number],
): number {
  return Math.max(0, Math.floor((input + low + high - kernel) / stride) + 1);
}

function checkConv(lhs: Aval, rhs: Aval, attrs: ConvAttrs): void {
  const rank = lhs.shape.length - 2;
  if (rank < 1 || rhs.shape.length !== rank + 2) {
    throw new ShapeError(
      `conv: expected an input [batch, …spatial, channels] and a kernel [...spatial, channels, features] of one rank ≥ 3, ` +
        `got ${formatShape(lhs.shape)} and ${formatShape(rhs.shape)}`,
    );
  }
  checkWindow('conv', rank, attrs, ['strides', 'padding', 'lhsDilation', 'rhsDilation']);
  const channels = lhs.shape.at(-1)!;
  const [inner, features] = [rhs.shape.at(-2)!, rhs.shape.at(-1)!];
  const { featureGroups: groups, batchGroups } = attrs;
  if (channels !== inner * groups) {
    throw new ShapeError(
      `conv: the input has ${channels} channels but the kernel ${formatShape(rhs.shape)} takes ${inner} in each of ${groups} ` +
        `group(s); the kernel's second-last size must be ${channels / groups}`,
    );
  }
  if (features % groups !== 0 || features % batchGroups !== 0 || lhs.shape[0]! % batchGroups !== 0) {
    throw new ShapeError(
      `conv: ${features} features and batch ${lhs.shape[0]} do not split into ${groups} feature and ${batchGroups} batch group(s)`,
    );
  }
  if (groups > 1 && batchGroups > 1) throw new ConfigError('conv: featureGroups and batchGroups cannot both exceed 1');
}

/** lhs [batch, …spatial, channels] × rhs [...kernel, channels / groups, features] → [batch / batchGroups, …out, features]. */
const conv: AnchorRow<ConvAttrs> = {
  kind: 'anchor',
  infer: (inputs, attrs) => {
    const [lhs, rhs] = inputs as readonly [Aval, Aval];
    const dtype = sameDType('conv', inputs);
    checkClass('conv', 'number', lhs);
    checkConv(lhs, rhs, attrs);
    const spatial = attrs.strides.map((stride, d) =>
      outputSize(
        dilatedSize(lhs.shape[d + 1]!, attrs.lhsDilation[d]!),
        dilatedSize(rhs.shape[d]!, attrs.rhsDilation[d]!),
        stride,
        attrs.padding[d]!,
      ),
    );
    return [{ shape: [lhs.shape[0]! / attrs.batchGroups, ...spatial, rhs.shape.at(-1)!], dtype }];
  },
  anchor: ([lhs, rhs], attrs, output) => {
    const rank = attrs.strides.length;
    const groups = attrs.featureGroups * attrs.batchGroups;
    const batch = output.shape[0]!;
    const channels = rhs!.shape.at(-2)!;
    const features = rhs!.shape.at(-1)! / groups;
    const spatial = output.shape.slice(1, -1);
    const [ln, lc] = [lhs!.strides[0]!, lhs!.strides.at(-1)!];
    const [rc, ro] = [rhs!.strides.at(-2)!, rhs!.strides.at(-1)!];
    const lhsGroup = attrs.batchGroups > 1 ? batch * ln : channels * lc;
    return {
      space: [batch, ...spatial, groups, features],
      build: (operand, operands, outputs) => ({
        kind: 'conv',
        groups,
        batch,
        channels,
        features,
        axes: spatial.map((size, d) => ({
          input: lhs!.shape[d + 1]!,
          kernel: rhs!.shape[d]!,
          output: size,
          stride: attrs.strides[d]!,
          padLow: attrs.padding[d]![0],
          lhsDilation: attrs.lhsDilation[d]!,
          rhsDilation: attrs.rhsDilation[d]!,
        })),
        dtype: computeDType(output.dtype),
        lhs: operand({ ...lhs!, strides: [lhsGroup, ln, lc, ...lhs!.strides.slice(1, rank + 1)] }),
        rhs: operand({ ...rhs!, strides: [features * ro, ro, rc, ...rhs!.strides.slice(0, rank)] }),
        operands,
        outputs,
      }),
    };
  },
};

/** All contraction rows. */
export const CONTRACTION: Pick<OpTable, 'matmul' | 'conv'> = { matmul, conv };
