/**
 * Values between elements, at coordinates that are computed.
 */
import { asTensor, castTo, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError, unknownName } from '../../errors.ts';
import { apply } from '../../runtime/interpreter.ts';
import { describe, formatShape } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { composite } from '../composite.ts';
import { abs, add, clip, floor, greaterEqual, less, logicalAnd, mod, mul, sub, where } from '../elementwise.ts';
import { expandDims, unstack } from '../movement.ts';
import { op } from '../op.ts';
import { computable, inDTypeOf } from './layout.ts';

/**
 * What lies outside: a constant, the nearest element (`a a | a b c | c c`), the whole again (`b c | a b c | a b`), or its
 * mirror image without (`c b | a b c | b a`) or with the edge (`b a | a b c | c b`).
 */
export type FillMode = 'constant' | 'nearest' | 'wrap' | 'mirror' | 'reflect';

export const FILL_MODES: readonly FillMode[] = ['constant', 'nearest', 'wrap', 'mirror', 'reflect'];

export function checkFillMode(mode: unknown, where: string): FillMode {
  return FILL_MODES.includes(mode as FillMode) ? (mode as FillMode) : unknownName(where, 'fillMode', mode, FILL_MODES);
}

/** The element that stands at a whole position, inside or outside of 0 … n − 1. */
function placeOf(i: Tensor, n: number, mode: FillMode): Tensor {
  switch (mode) {
    case 'wrap':
      return mod(i, n);
    case 'mirror': {
      const period = Math.max(2 * n - 2, 1);
      return sub(n - 1, abs(sub(mod(i, period), n - 1)));
    }
    case 'reflect': {
      const turn = mod(i, 2 * n);
      return where(less(turn, n), turn, sub(2 * n - 1, turn));
    }
    default:
      return clip(i, 0, n - 1);
  }
}

/** How {@link interpolate} finds values. */
export interface Sampling {
  /** 0 for the nearest element, 1 for linear interpolation. */
  readonly order: 0 | 1;
  readonly fillMode: FillMode;
  readonly fillValue: number;
}

/**
 * Values of `x` at coordinates along the axes after those of `lead`, which hold whole positions; the last `rest` axes of `x`
 * are taken whole.
 */
export function interpolate(
  x: Tensor,
  lead: readonly Tensor[],
  coordinates: readonly Tensor[],
  { order, fillMode, fillValue }: Sampling,
): Tensor {
  const axes = [...lead, ...coordinates].map((_, axis) => axis);
  const rest = x.rank - axes.length;
  const spread = (t: Tensor): Tensor =>
    rest === 0
      ? t
      : expandDims(
          t,
          Array.from({ length: rest }, (_, i) => t.rank + i),
        );
  const base = coordinates.map((c) => floor(order === 0 ? add(c, 0.5) : c));
  const share = coordinates.map((c, d) => sub(c, base[d]!));
  const whole = base.map((b) => castTo(b, 'int32'));
  let total: Tensor | null = null;
  for (let corner = 0; corner < (order === 0 ? 1 : 2 ** coordinates.length); corner++) {
    const upper = coordinates.map((_, d) => (corner >> d) & 1);
    const at = whole.map((w, d) => add(w, upper[d]!));
    const size = (d: number): number => x.shape[lead.length + d]!;
    let value = apply('gather', [x, ...lead, ...at.map((i, d) => placeOf(i, size(d), fillMode))], { axes });
    if (fillMode === 'constant') {
      const inside = at
        .map((i, d) => logicalAnd(greaterEqual(i, 0), less(i, size(d))))
        .reduce((a, b) => logicalAnd(a, b));
      value = where(spread(inside), value, fillValue);
    }
    if (order === 0) return value;
    const weight = share.map((s, d) => (upper[d] === 1 ? s : sub(1, s))).reduce((a, b) => mul(a, b));
    const part = mul(value, spread(weight));
    total = total === null ? part : add(total, part);
  }
  return total!;
}

const mapped = /* @__PURE__ */ composite<Sampling>('mapCoordinates', ([x, coordinates], sampling) =>
  interpolate(x!, [], unstack(coordinates!, 0), sampling),
);

/** Options of {@link mapCoordinates}. */
export interface MapCoordinatesOptions {
  /** Default 'constant'. */
  readonly fillMode?: FillMode;
  /** What lies outside with 'constant'. Default 0. */
  readonly fillValue?: number;
}

/**
 * Values of `inputs` at `coordinates` of shape [rank, ...], one per axis and counted in elements. `order` 0 takes the
 * nearest element (halves upwards), 1 interpolates linearly; with 'constant', also between an edge and the constant. The
 * dtype stays; integers are rounded. Follows `keras.ops.image.map_coordinates`.
 *
 * @throws ShapeError when the coordinates do not fit, ConfigError for another order or mode.
 * @example mapCoordinates([[1, 2], [3, 4]], [[0.5], [0.5]], 1); // [2.5]
 */
export const mapCoordinates: (
  inputs: TensorLike,
  coordinates: TensorLike,
  order: 0 | 1,
  options?: MapCoordinatesOptions,
) => Tensor = /* @__PURE__ */ op(
  'mapCoordinates',
  (
    inputs: TensorLike,
    coordinates: TensorLike,
    order: 0 | 1,
    { fillMode = 'constant', fillValue = 0 }: MapCoordinatesOptions = {},
  ) => {
    const x = asTensor(inputs, 'mapCoordinates');
    const c = asTensor(coordinates, 'mapCoordinates');
    checkFillMode(fillMode, 'mapCoordinates');
    if (order !== 0 && order !== 1)
      throw new ConfigError(`mapCoordinates: order must be 0 or 1, got ${describe(order)}`);
    if (c.rank < 2 || c.shape[0] !== x.rank) {
      throw new ShapeError(
        `mapCoordinates: coordinates must have shape [${x.rank}, ...] with rank ≥ 2 for inputs ${formatShape(x.shape)}, got ${formatShape(c.shape)}`,
      );
    }
    const ready = computable(x);
    return inDTypeOf(mapped([ready, castTo(c, ready.dtype)], { order, fillMode, fillValue }), x);
  },
);
