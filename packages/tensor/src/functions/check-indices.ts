/**
 * Checks that index tensors point inside, where their values can be seen: at once, or before a compiled function runs.
 */
import { ShapeError } from '../errors.ts';
import { apply, currentInterpreter } from '../runtime/interpreter.ts';
import { Tensor } from '../tensor.ts';

/** Whether the values of an index tensor can be looked at: not inside traces, nor where nothing is read at once. */
export function canSee(indices: Tensor): boolean {
  return indices.value === null && indices.backend.readSync !== undefined;
}

/** So many indices are looked at where they are, before any is copied to the host. */
const MANY = 4096;

function extreme(op: 'min' | 'max', indices: Tensor): number {
  return apply(op, [indices], { axes: indices.shape.map((_, axis) => axis), keepDims: false }).itemSync();
}

/**
 * Throws for the first index outside [0, size), or outside [−size, size) where negative ones count `fromEnd`; inside
 * `jit`, before the program runs. Where indices are never seen, gathers give NaN and scatters drop what lies outside.
 */
export function checkIndices(where: string, indices: Tensor, size: number, fromEnd = false): void {
  const least = fromEnd ? -size : 0;
  const range = `is out of range [${least}, ${size})`;
  const error = (position: number, value: number): ShapeError =>
    new ShapeError(`${where}: index ${value} at position ${position} ${range}`);
  if (indices.value !== null) {
    const interpreter = currentInterpreter();
    if (interpreter.guard) interpreter.guard(...firstOutside(indices, least, size), error);
    return;
  }
  if (!canSee(indices) || (indices.size > MANY && extreme('min', indices) >= least && extreme('max', indices) < size))
    return;
  const values = indices.dataSync();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least || value >= size) throw error(i, value);
  }
}

/** Row-major position of the first index outside [least, size), or −1, and the index; int32 scalars. */
function firstOutside(indices: Tensor, least: number, size: number): [position: Tensor, value: Tensor] {
  const whole = { axes: [0], keepDims: false };
  const int = (value: number): Tensor => Tensor.scalar(value, 'int32');
  const ids = apply('cast', [apply('reshape', [indices], { shape: [indices.size] })], { dtype: 'int32' });
  const place = apply('iota', [], { shape: [indices.size], axis: 0, dtype: 'int32' });
  const low = apply('less', [ids, int(least)], {});
  const high = apply('greaterEqual', [ids, int(size)], {});
  const outside = apply('or', [low, high], {});
  const first = apply('min', [apply('select', [outside, place, int(indices.size)], {})], whole);
  const value = apply('sum', [apply('select', [apply('equal', [place, first], {}), ids, int(0)], {})], whole);
  const none = apply('equal', [first, int(indices.size)], {});
  return [apply('select', [none, int(-1), first], {}), value];
}
