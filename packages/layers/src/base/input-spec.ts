/**
 * What a layer expects of its input, and the messages when it gets something else.
 */
import { DTypeError, ShapeError, type Tensor } from '@dl/tensor';
import { formatShape, isFloating } from '@dl/tensor/interpreter';

/** Sizes of a layer's input or output; null where a size is open, as the batch. */
export type LayerShape = readonly (number | null)[];

/** What a layer expects of one input. */
export interface InputSpec {
  /** Exact rank, batch included. */
  readonly rank?: number | undefined;
  /** Smallest rank. */
  readonly minRank?: number | undefined;
  /** Sizes that are known, by axis; negative axes count from the end. */
  readonly axes?: Readonly<Record<number, number>> | undefined;
  /** 'number' takes everything but bool, 'float' floating dtypes only. */
  readonly kind?: 'number' | 'float' | undefined;
}

const axisName = (axis: number, rank: number): string =>
  axis === -1 || axis === rank - 1 ? 'last axis' : `axis ${axis}`;

/** Throws when a shape does not fit; `where` names the layer and `from` the one before it. */
export function checkShapeAgainst(spec: InputSpec, shape: LayerShape, where: string, from?: string): void {
  const origin = from === undefined ? '' : ` — its input comes from ${from}`;
  const rank = shape.length;
  if (spec.rank !== undefined && rank !== spec.rank) {
    throw new ShapeError(
      `${where}: expected rank ${spec.rank} (batch included), got shape ${formatShape(shape)} of rank ${rank}${origin}`,
    );
  }
  if (spec.minRank !== undefined && rank < spec.minRank) {
    throw new ShapeError(
      `${where}: expected rank ${spec.minRank} or more (batch included), got shape ${formatShape(shape)} of rank ${rank}${origin}`,
    );
  }
  for (const [key, size] of Object.entries(spec.axes ?? {})) {
    const axis = Number(key);
    const got = shape.at(axis);
    if (got !== undefined && got !== null && got !== size) {
      throw new ShapeError(`${where}: expected ${axisName(axis, rank)} ${size}, got ${got}${origin}`);
    }
  }
}

/** Throws when a tensor does not fit. */
export function checkInput(spec: InputSpec, input: Tensor, where: string, from?: string): void {
  checkShapeAgainst(spec, input.shape, where, from);
  if (spec.kind === 'float' ? !isFloating(input.dtype) : spec.kind === 'number' && input.dtype === 'bool') {
    const wanted = spec.kind === 'float' ? 'a floating dtype' : 'numbers';
    throw new DTypeError(`${where}: expected ${wanted}, got ${input.dtype}; use cast(x, 'float32')`);
  }
}
