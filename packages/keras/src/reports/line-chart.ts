/**
 * Charts of lines with values on hover.
 */
import type { Drawing } from './drawing.ts';
import { axesOf, placesIn, type Axis, type Frame } from './scale.ts';
import { escapeText, place } from './text.ts';

/** One line. */
export interface Series {
  readonly label: string;
  readonly colour: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** A place on the horizontal axis that tells its values. */
export interface Stop {
  readonly x: number;
  readonly text: string;
  /** Points that are marked. */
  readonly dots: readonly { readonly x: number; readonly y: number; readonly colour: number }[];
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  readonly description: string;
  readonly frame: Frame;
  readonly across: Axis;
  readonly up: Axis;
  readonly series: readonly Series[];
  readonly stops: readonly Stop[];
  /** Content behind the lines. */
  readonly behind?: string;
}

/** The line of a series, with gaps where a value is not a number. */
export function pathOf(
  series: Pick<Series, 'x' | 'y'>,
  at: (x: number, y: number) => readonly [number, number],
): string {
  let pen = 'M';
  let d = '';
  series.y.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const [x, y] = at(series.x[i]!, value);
    d += `${pen}${place(x)} ${place(y)}`;
    pen = 'L';
  });
  return d;
}

/** Draws a chart. */
export function lineChart({ title, description, frame, across, up, series, stops, behind = '' }: Chart): Drawing {
  const { x, y } = placesIn(frame, across, up);
  const lines = series.map(
    (one) => `<path class="dl-line dl-c${one.colour}" d="${pathOf(one, (a, b) => [x(a), y(b)])}"/>`,
  );
  const [end, base] = [frame.width - frame.right, frame.height - frame.bottom];
  const bands = stops.map((stop, i) => {
    const at = x(stop.x);
    const [before, after] = [stops[i - 1], stops[i + 1]];
    const from = Math.max(frame.left, before === undefined ? frame.left : (x(before.x) + at) / 2);
    const to = Math.min(end, after === undefined ? end : (x(after.x) + at) / 2);
    const dots = stop.dots.map(
      (dot) => `<circle class="dl-dot dl-c${dot.colour}" r="4" cx="${place(x(dot.x))}" cy="${place(y(dot.y))}"/>`,
    );
    return (
      `<g class="${stops.length === 1 ? 'dl-hit dl-only' : 'dl-hit'}"><title>${escapeText(stop.text)}</title>` +
      `<rect x="${place(from)}" y="${frame.top}" width="${place(Math.max(1, to - from))}" height="${base - frame.top}"/>` +
      `<line class="dl-guide" x1="${place(at)}" x2="${place(at)}" y1="${frame.top}" y2="${base}"/>${dots.join('')}</g>`
    );
  });
  return {
    title,
    description,
    width: frame.width,
    height: frame.height,
    legend: series.length === 1 ? [] : series.map(({ label, colour }) => ({ label, colour })),
    content: `${axesOf(frame, across, up)}${behind}${lines.join('')}${bands.join('')}`,
  };
}
