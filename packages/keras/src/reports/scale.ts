/**
 * Axes: round numbers that cover a range, and where values lie.
 */
import { formatTick, place } from './text.ts';

/** Round steps (1, 2, 2.5 or 5 times a power of ten) that cover a range in about `wanted` ticks. */
export function ticks(low: number, high: number, wanted = 5): readonly number[] {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Where the lines of a chart lie in its picture. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Ends of an axis, and its ticks. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly label?: string | undefined;
  /** Text of a tick. */
  readonly format?: ((value: number) => string) | undefined;
}

/** An axis that ends at ticks. */
export function roundAxis(low: number, high: number, rest: Pick<Axis, 'label' | 'format'> = {}, wanted = 5): Axis {
  const all = ticks(low, high, wanted);
  return { low: all[0]!, high: all.at(-1)!, ticks: all, ...rest };
}

/** Places of values in a picture. */
export interface Places {
  x(value: number): number;
  y(value: number): number;
}

/** Where values lie in a frame. */
export function placesIn(frame: Frame, across: Axis, up: Axis): Places {
  const plotWidth = frame.width - frame.left - frame.right;
  const plotHeight = frame.height - frame.top - frame.bottom;
  const along = (value: number, { low, high }: Axis): number => (high > low ? (value - low) / (high - low) : 0.5);
  return {
    x: (value) => frame.left + along(value, across) * plotWidth,
    y: (value) => frame.top + (1 - along(value, up)) * plotHeight,
  };
}

/** Lines and numbers of both axes. */
export function axesOf(frame: Frame, across: Axis, up: Axis): string {
  const { x, y } = placesIn(frame, across, up);
  const [right, base] = [frame.width - frame.right, frame.height - frame.bottom];
  const rows = up.ticks.map((tick) => {
    const at = place(y(tick));
    const text = (up.format ?? formatTick)(tick);
    return (
      `<line class="dl-grid" x1="${frame.left}" x2="${right}" y1="${at}" y2="${at}"/>` +
      `<text text-anchor="end" x="${frame.left - 8}" y="${place(y(tick) + 4)}">${text}</text>`
    );
  });
  const columns = across.ticks.map((tick) => {
    const text = (across.format ?? formatTick)(tick);
    return `<text text-anchor="middle" x="${place(x(tick))}" y="${base + 17}">${text}</text>`;
  });
  const middle = (frame.left + right) / 2;
  const height = (frame.top + base) / 2;
  const names = [
    across.label === undefined
      ? ''
      : `<text text-anchor="middle" x="${place(middle)}" y="${base + 33}">${across.label}</text>`,
    up.label === undefined
      ? ''
      : `<text text-anchor="middle" transform="translate(12 ${place(height)}) rotate(-90)">${up.label}</text>`,
  ];
  return [...rows, ...columns, ...names].join('');
}
