/**
 * Charts of characters: lines of braille dots, and marks.
 */

/** Values over places on the horizontal axis. */
export interface PlotSeries {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What is plotted. The first series is a line, the others are marks. */
export interface Plot {
  readonly series: readonly PlotSeries[];
  /** Characters of the plot itself, without its axes. */
  readonly width: number;
  readonly height: number;
  /** Ends of the horizontal axis. */
  readonly from: number;
  readonly to: number;
  /** What stands under the ends, and between them. */
  readonly ends: readonly [string, string];
  readonly axis: string;
  /** Whether series have colours, by codes that terminals know. */
  readonly colour: boolean;
}

/** Characters of the numbers beside the axis. */
export const GUTTER = 10;
/** Bits of the dots of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const MARKS = ['×', 'o', '+', '*'] as const;
const COLOURS = [36, 33, 35, 32, 34] as const;

const paint = (text: string, series: number, colour: boolean): string =>
  colour ? `\x1b[${COLOURS[series % COLOURS.length]}m${text}\x1b[0m` : text;

const markOf = (series: number): string => MARKS[(series - 1) % MARKS.length]!;

/** Four digits, as short as they can be. */
export const shortNumber = (value: number): string =>
  Number.isFinite(value) ? `${Number(value.toPrecision(4))}` : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';

/** The dots of a line, in characters of two by four. */
class Braille {
  readonly #cells: Uint8Array;
  readonly #width: number;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#cells = new Uint8Array(width * height);
  }

  dot(x: number, y: number): void {
    this.#cells[(y >> 2) * this.#width + (x >> 1)]! |= DOTS[y & 3]![x & 1]!;
  }

  line(x0: number, y0: number, x1: number, y1: number): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let i = 0; i <= steps; i++) {
      this.dot(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps));
    }
  }

  /** The character of a cell, or null where there is no dot. */
  at(column: number, row: number): string | null {
    const bits = this.#cells[row * this.#width + column]!;
    return bits === 0 ? null : String.fromCharCode(0x2800 + bits);
  }
}

/** The lines of a chart: the plot with its axes, and a legend with the last values. */
export function plotLines({ series, width, height, from, to, ends, axis, colour }: Plot): readonly string[] {
  const finite = series.flatMap(({ y }) => y).filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const [low, high] = finite.length === 0 ? [0, 1] : least === most ? [least - 0.5, most + 0.5] : [least, most];
  const [columns, rows] = [width * 2 - 1, height * 4 - 1];
  const across = (x: number): number => Math.round((to > from ? (x - from) / (to - from) : 0.5) * columns);
  const down = (y: number): number => Math.round(((high - y) / (high - low)) * rows);
  const braille = new Braille(width, height);
  const marks = new Map<number, number>();
  series.forEach(({ x, y }, which) => {
    let before: readonly [number, number] | null = null;
    y.forEach((value, i) => {
      if (!Number.isFinite(value)) {
        before = null;
        return;
      }
      const at = [across(x[i]!), down(value)] as const;
      if (which > 0) marks.set((at[1] >> 2) * width + (at[0] >> 1), which);
      else braille.line(...(before ?? at), ...at);
      before = at;
    });
  });
  const lines = Array.from({ length: height }, (_, row) => {
    const value = row === 0 ? high : row === height - 1 ? low : null;
    const side = `${(value === null ? '' : shortNumber(value)).padStart(GUTTER - 2)} ${value === null ? '│' : '┤'}`;
    const cells = Array.from({ length: width }, (_, column) => {
      const which = marks.get(row * width + column);
      if (which !== undefined) return paint(markOf(which), which, colour);
      const dots = braille.at(column, row);
      return dots === null ? ' ' : paint(dots, 0, colour);
    });
    return `${side}${cells.join('')}`.trimEnd();
  });
  const [first, last] = ends;
  const room = Math.max(1, width - first.length - last.length);
  const middle = axis.length + 2 <= room ? axis : '';
  const left = Math.floor((room - middle.length) / 2);
  const indent = ' '.repeat(GUTTER);
  const entries = series.map(
    ({ label, y }, i) => `${i === 0 ? '⠒' : markOf(i)} ${label} ${shortNumber(y.at(-1) ?? NaN)}`,
  );
  const gaps = 3 * (entries.length - 1);
  // A line that wraps would be one more row than the caller counts.
  const fits = entries.reduce((sum, { length }) => sum + length, gaps) <= width;
  const longest = fits ? Infinity : Math.floor((GUTTER + width - gaps) / entries.length);
  const legend = entries.map((text, i) => paint(text.slice(0, longest), i, colour)).join('   ');
  return [
    ...lines,
    `${' '.repeat(GUTTER - 1)}└${'─'.repeat(width)}`,
    `${indent}${first}${' '.repeat(left)}${middle}${' '.repeat(room - left - middle.length)}${last}`,
    `${fits ? indent : ''}${legend}`,
  ];
}
