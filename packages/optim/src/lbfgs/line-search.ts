/**
 * A line search for the strong Wolfe conditions: the loss falls enough, and its slope along the line becomes small
 * (J. Nocedal, S. Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6).
 */
import type { Vector } from './vectors.ts';

/** The loss at a length along the line. */
export interface Point {
  readonly length: number;
  readonly value: number;
  readonly gradient: Vector;
  /** Derivative of the loss with respect to the length. */
  readonly slope: number;
}

/** The loss must fall by this part of what the slope at the start promises. */
const DECREASE = 1e-4;
/** The slope must shrink to this part of the one at the start. */
const CURVATURE = 0.9;
const MAX_STEPS = 25;
const TOLERANCE = 1e-9;

/**
 * Looks for a good length, from the start and a first guess.
 *
 * @param width Largest entry of the direction: brackets that move no variable are not divided further.
 */
export async function searchWolfe(
  along: (length: number) => Promise<Point>,
  start: Point,
  guess: number,
  width: number,
): Promise<{ readonly point: Point; readonly evaluations: number }> {
  let evaluations = 0;
  const at = async (length: number): Promise<Point> => {
    evaluations++;
    return along(length);
  };
  const tooHigh = ({ length, value }: Point): boolean => value > start.value + DECREASE * length * start.slope;
  const flat = ({ slope }: Point): boolean => Math.abs(slope) <= -CURVATURE * start.slope;

  let before = start;
  let now = await at(guess);
  let bracket: readonly [Point, Point] | null = null;
  while (evaluations <= MAX_STEPS && bracket === null) {
    if (tooHigh(now) || (evaluations > 2 && now.value >= before.value)) bracket = [before, now];
    else if (flat(now)) return { point: now, evaluations };
    else if (now.slope >= 0) bracket = [before, now];
    else {
      const [least, most] = [now.length + 0.01 * (now.length - before.length), now.length * 10];
      const next = interpolate(before, now, least, most);
      [before, now] = [now, await at(next)];
    }
  }
  bracket ??= [start, now];

  let [low, high] = bracket[0].value <= bracket[1].value ? bracket : ([bracket[1], bracket[0]] as const);
  let stuck = false;
  while (evaluations <= MAX_STEPS && Math.abs(high.length - low.length) * width >= TOLERANCE) {
    const [from, to] = [Math.min(low.length, high.length), Math.max(low.length, high.length)];
    let next = interpolate(low, high, from, to);
    // A guess that hugs an end twice, or lies at it, is moved inside by a tenth.
    const margin = 0.1 * (to - from);
    if (Math.min(to - next, next - from) < margin) {
      if (stuck || next >= to || next <= from) {
        next = Math.abs(next - to) < Math.abs(next - from) ? to - margin : from + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const point = await at(next);
    if (tooHigh(point) || point.value >= low.value) {
      high = point;
      if (high.value < low.value) [low, high] = [high, low];
      continue;
    }
    if (flat(point)) return { point, evaluations };
    if (point.slope * (high.length - low.length) >= 0) high = low;
    low = point;
  }
  return { point: low, evaluations };
}

/** Minimum of the cubic through two points with their slopes, inside the given range; the middle where there is none. */
function interpolate(a: Point, b: Point, from: number, to: number): number {
  const [left, right] = a.length <= b.length ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.value - right.value)) / (left.length - right.length);
  const square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (from + to) / 2;
  const d2 = Math.sqrt(square);
  const part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  const minimum = right.length - (right.length - left.length) * part;
  return Math.min(Math.max(minimum, from), to);
}
