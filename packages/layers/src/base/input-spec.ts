/**
 * What a layer expects of its input, and the messages when it gets something else.
 */
import { ConfigError, DTypeError, ShapeError, Tensor } from '@dl/tensor';
import { formatShape, isFloating } from '@dl/tensor/interpreter';
import { showList } from './checks.ts';
import { isShape, type LayerShapes, type Tensors } from './tensors.ts';

/** Sizes of a layer's input or output; null where a size is open, as the batch. */
export type LayerShape = readonly (number | null)[];

/** What a layer expects of its input. A layer that expects anything takes one input, not a list or a record. */
export interface InputSpec {
  /** Exact rank, batch included. */
  readonly rank?: number | undefined;
  /** Smallest rank. */
  readonly minRank?: number | undefined;
  /** Sizes that are known, by axis; negative axes count from the end. */
  readonly axes?: Readonly<Record<number, number>> | undefined;
  /** 'number' takes everything but bool, 'float' floating dtypes only. */
  readonly kind?: 'number' | 'float' | undefined;
  /** What to do about another rank, for messages. */
  readonly hint?: string | undefined;
}

/** The shape with the batch that a layer was told, or null. @throws ConfigError for something else than sizes. */
export function wholeShape(sample: LayerShape | undefined, whole: LayerShape | undefined): LayerShape | null {
  const shape = whole ?? sample;
  if (shape === undefined) return null;
  const valid = Array.isArray(shape) && shape.every((n) => n === null || (Number.isInteger(n) && n >= 0));
  if (valid) return whole ?? [null, ...shape];
  throw new ConfigError(
    `${whole === undefined ? 'inputShape' : 'batchInputShape'} must be a list of sizes ≥ 0, null for open ones, got ${showList(shape)}`,
  );
}

const axisName = (axis: number, rank: number): string =>
  axis === -1 || axis === rank - 1 ? 'last axis' : `axis ${axis}`;

/** Throws when a shape, or the number of shapes, does not fit; `where` names the layer and `from` the one before it. */
export function checkShapeAgainst(spec: InputSpec, shape: LayerShapes, where: string, from?: string): void {
  const origin = from === undefined ? '' : ` — its input comes from ${from}`;
  if (!isShape(shape)) return checkSeveral(spec, shape, where);
  const rank = shape.length;
  const hint = spec.hint === undefined ? '' : `; ${spec.hint}`;
  if (spec.rank !== undefined && rank !== spec.rank) {
    throw new ShapeError(
      `${where}: expected rank ${spec.rank} (batch included), got shape ${formatShape(shape)} of rank ${rank}${hint}${origin}`,
    );
  }
  if (spec.minRank !== undefined && rank < spec.minRank) {
    throw new ShapeError(
      `${where}: expected rank ${spec.minRank} or more (batch included), got shape ${formatShape(shape)} of rank ${rank}${hint}${origin}`,
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

/** Throws for several inputs where one is expected. */
function checkSeveral(spec: InputSpec, inputs: Tensors | LayerShapes, where: string): void {
  if (Object.keys(spec).length === 0) return;
  const got = Array.isArray(inputs) ? `a list of ${inputs.length}` : `a record of ${Object.keys(inputs).join(', ')}`;
  throw new ConfigError(`${where}: expected one input, got ${got}; join them first, with Concatenate or another layer`);
}

/** Throws when a tensor does not fit, or there are several where one is expected. */
export function checkInput(spec: InputSpec, input: Tensors, where: string, from?: string): void {
  if (!(input instanceof Tensor)) return checkSeveral(spec, input, where);
  checkShapeAgainst(spec, input.shape, where, from);
  if (spec.kind === 'float' ? !isFloating(input.dtype) : spec.kind === 'number' && input.dtype === 'bool') {
    const wanted = spec.kind === 'float' ? 'a floating dtype' : 'numbers';
    throw new DTypeError(`${where}: expected ${wanted}, got ${input.dtype}; use cast(x, 'float32')`);
  }
}
