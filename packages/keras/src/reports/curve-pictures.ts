/**
 * Pictures of ROC and precision-recall curves.
 */
import { ConfigError } from '@dl/tensor';
import type { PrecisionRecallCurve, RocCurve } from './curves.ts';
import { figureOf, partOrPage, pictureOf, type Drawing, type PageOptions, type PictureOptions } from './drawing.ts';
import { lineChart, pathOf, type Series } from './line-chart.ts';
import { placesIn, type Axis, type Frame } from './scale.ts';
import { COLOURS } from './style.ts';
import { detailsTable, formatMeasure } from './text.ts';

/** One curve, or several by name, such as one for each class. */
export type Curves<C> = C | Readonly<Record<string, C>>;

const FRAME: Frame = { width: 420, height: 400, left: 54, right: 14, top: 12, bottom: 44 };
/** Points of a curve that tell their values. */
const STOPS = 60;
/** Rows of the table of numbers of a curve. */
const ROWS = 25;

const axis = (label: string): Axis => ({ low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], label });

interface Kind {
  readonly where: string;
  readonly title: string;
  readonly across: string;
  readonly up: string;
  readonly area: string;
}

interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly thresholds: readonly number[];
  readonly area: number;
  /** Ends of the line of guesses. */
  readonly guess: readonly [number, number];
}

const ROC: Kind = {
  where: 'rocCurve',
  title: 'ROC curve',
  across: 'false positive rate',
  up: 'true positive rate',
  area: 'area',
};
const PR: Kind = {
  where: 'precisionRecallCurve',
  title: 'Precision and recall',
  across: 'recall',
  up: 'precision',
  area: 'average precision',
};

const ofRoc = (one: RocCurve): Curve => ({
  x: one.falsePositiveRate,
  y: one.truePositiveRate,
  thresholds: one.thresholds,
  area: one.area,
  guess: [0, 1],
});
const ofPr = (one: PrecisionRecallCurve): Curve => ({
  x: one.recall,
  y: one.precision,
  thresholds: one.thresholds,
  area: one.averagePrecision,
  guess: [one.baseline, one.baseline],
});

/** Some of the places of a list, with both ends. */
function some(length: number, most: number): readonly number[] {
  const count = Math.min(length, most);
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round((i * (length - 1)) / Math.max(1, count - 1))))];
}

function byName<C>(curves: Curves<C>, read: (one: C) => Curve, { where }: Kind): readonly [string, Curve][] {
  const single = typeof curves === 'object' && curves !== null && 'thresholds' in curves;
  const list: [string, Curve][] = single
    ? [['', read(curves as C)]]
    : Object.entries(curves as Readonly<Record<string, C>>).map(([name, one]): [string, Curve] => [name, read(one)]);
  if (list.length === 0 || list.some(([, { x }]) => !Array.isArray(x))) {
    throw new ConfigError(`${where}: expected a curve, or curves by name; make one with await ${where}(yTrue, yScore)`);
  }
  return list;
}

function draw(list: readonly (readonly [string, Curve])[], kind: Kind, title: string): Drawing {
  const label = (name: string, { area }: Curve): string =>
    `${name === '' ? '' : `${name}: `}${kind.area} ${area.toFixed(3)}`;
  const [across, up] = [axis(kind.across), axis(kind.up)];
  const series = list.map(([name, one], i): Series => ({
    label: label(name, one),
    colour: i % COLOURS,
    x: one.x,
    y: one.y,
  }));
  const { x, y } = placesIn(FRAME, across, up);
  const guess = list[0]![1].guess;
  const even = `<path class="dl-even" d="${pathOf({ x: [0, 1], y: guess }, (a, b) => [x(a), y(b)])}"/>`;
  const [first] = list;
  // With several curves the pointer would have to choose one; their numbers stand in the table.
  const stops =
    list.length > 1
      ? []
      : some(first![1].x.length, STOPS).map((i) => {
          const { x: xs, y: ys, thresholds } = first![1];
          const text = `threshold ${formatMeasure(thresholds[i]!)}\n${kind.across} ${formatMeasure(xs[i]!)}\n${kind.up} ${formatMeasure(ys[i]!)}`;
          return { x: xs[i]!, text, dots: [{ x: xs[i]!, y: ys[i]!, colour: 0 }] };
        });
  const description = `${kind.up} against ${kind.across}; ${list.map(([name, one]) => label(name, one)).join(', ')}`;
  const drawing = lineChart({ title, description, frame: FRAME, across, up, series, stops, behind: even });
  return { ...drawing, legend: series.map(({ label: text, colour }) => ({ label: text, colour })) };
}

function html(
  list: readonly (readonly [string, Curve])[],
  kind: Kind,
  title: string,
  page: boolean | undefined,
): string {
  const tables = list.map(([name, { x, y, thresholds }]) =>
    detailsTable(
      name === '' ? 'Numbers' : `Numbers of ${name}`,
      ['threshold', kind.across, kind.up],
      some(x.length, ROWS).map((i) => [formatMeasure(thresholds[i]!), formatMeasure(x[i]!), formatMeasure(y[i]!)]),
    ),
  );
  return partOrPage(
    title,
    `<div class="dl-one">${figureOf(draw(list, kind, title), page !== false)}</div>${tables.join('')}`,
    page,
  );
}

/**
 * ROC curves as an SVG file; the dashed line is that of guesses.
 *
 * @example
 * const svg = rocCurveSVG(await rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]));
 */
export function rocCurveSVG(curves: Curves<RocCurve>, { title = ROC.title }: PictureOptions = {}): string {
  return pictureOf(title, [draw(byName(curves, ofRoc, ROC), ROC, title)]);
}

/**
 * ROC curves as a page, or a part of one, with tables of numbers.
 *
 * @example
 * const curve = await rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * const html = rocCurveHTML({ first: curve, second: curve });
 */
export function rocCurveHTML(curves: Curves<RocCurve>, { title = ROC.title, page }: PageOptions = {}): string {
  return html(byName(curves, ofRoc, ROC), ROC, title, page);
}

/**
 * Precision-recall curves as an SVG file; the dashed line is that of guesses.
 *
 * @example
 * const svg = precisionRecallCurveSVG(await precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]));
 */
export function precisionRecallCurveSVG(
  curves: Curves<PrecisionRecallCurve>,
  { title = PR.title }: PictureOptions = {},
): string {
  return pictureOf(title, [draw(byName(curves, ofPr, PR), PR, title)]);
}

/**
 * Precision-recall curves as a page, or a part of one, with tables of numbers.
 *
 * @example
 * const html = precisionRecallCurveHTML(await precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]));
 */
export function precisionRecallCurveHTML(
  curves: Curves<PrecisionRecallCurve>,
  { title = PR.title, page }: PageOptions = {},
): string {
  return html(byName(curves, ofPr, PR), PR, title, page);
}
