/**
 * Pictures of histograms: one small chart for each.
 */
import { figureOf, partOrPage, pictureOf, type Drawing, type PageOptions } from './drawing.ts';
import type { Histogram } from './histograms.ts';
import type { HistoryPictureOptions } from './history.ts';
import { axesOf, placesIn, roundAxis, type Frame } from './scale.ts';
import { detailsTable, escapeText, formatMeasure, place } from './text.ts';

const FRAME: Frame = { width: 260, height: 150, left: 40, right: 10, top: 8, bottom: 26 };

/** Counts with a unit, so that they fit beside the axis. */
const short = (count: number): string =>
  count >= 1e6
    ? `${Number((count / 1e6).toPrecision(3))}M`
    : count >= 1e3
      ? `${Number((count / 1e3).toPrecision(3))}k`
      : `${count}`;

function drawHistogram(one: Histogram): Drawing {
  const { name, counts, edges, size, mean, std, zeros, nonFinite } = one;
  const counted = roundAxis(0, Math.max(1, ...counts), { format: short }, 3);
  const up = { ...counted, ticks: counted.ticks.filter(Number.isInteger) };
  const [low, high] = [edges[0]!, edges.at(-1)!];
  const inner = roundAxis(low, high, {}, 5).ticks.filter((tick) => tick >= low && tick <= high);
  const across = { low, high, ticks: inner };
  const { x, y } = placesIn(FRAME, across, up);
  const columns = counts.map((count, i) => {
    const [from, to, top] = [x(edges[i]!), x(edges[i + 1]!), y(count)];
    const title = `${formatMeasure(edges[i]!)} to ${formatMeasure(edges[i + 1]!)}: ${count}`;
    return (
      `<rect class="dl-column" x="${place(from + 0.5)}" y="${place(top)}" width="${place(Math.max(0.5, to - from - 1))}" ` +
      `height="${place(Math.max(0, y(0) - top))}"><title>${escapeText(title)}</title></rect>`
    );
  });
  const bad = nonFinite === 0 ? '' : `, ${nonFinite} NaN or infinite`;
  const dead = zeros === 0 ? '' : `, ${zeros} zeros`;
  return {
    title: name,
    description: `${size} values, mean ${formatMeasure(mean)}, standard deviation ${formatMeasure(std)}${dead}${bad}`,
    width: FRAME.width,
    height: FRAME.height,
    legend: nonFinite === 0 ? [] : [{ label: `${nonFinite} NaN or infinite`, colour: 1 }],
    content: `${axesOf(FRAME, across, up)}<g class="dl-c0">${columns.join('')}</g>`,
  };
}

/**
 * Histograms as an SVG file, one chart for each.
 *
 * @example
 * const svg = histogramsSVG([histogram('noise', [0.1, 0.2, 0.2, 0.5])], { title: 'Noise' });
 */
export function histogramsSVG(
  histograms: readonly Histogram[],
  { title = 'Histograms', columns = 1 }: HistoryPictureOptions = {},
): string {
  return pictureOf(title, histograms.map(drawHistogram), columns);
}

/**
 * Histograms as a page, or a part of one, with a table of their ends, means and deviations.
 *
 * @example
 * const html = histogramsHTML(await weightHistograms(model), { title: 'Weights' });
 */
export function histogramsHTML(
  histograms: readonly Histogram[],
  { title = 'Histograms', page }: PageOptions = {},
): string {
  const table = detailsTable(
    'Numbers',
    ['', 'values', 'min', 'max', 'mean', 'std', 'zeros', 'NaN or infinite'],
    histograms.map(({ name, size, min, max, mean, std, zeros, nonFinite }) => [
      name,
      `${size}`,
      ...[min, max, mean, std].map(formatMeasure),
      `${zeros}`,
      `${nonFinite}`,
    ]),
  );
  const charts = histograms.map((one) => figureOf(drawHistogram(one))).join('');
  return partOrPage(title, `<div class="dl-charts dl-small">${charts}</div>${table}`, page);
}
