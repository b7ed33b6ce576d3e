/**
 * Learning curves: the values of every epoch, training beside validation.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { figureOf, partOrPage, pictureOf, type Drawing, type PageOptions, type PictureOptions } from './drawing.ts';
import { lineChart, type Series } from './line-chart.ts';
import { roundAxis, type Axis, type Frame } from './scale.ts';
import { detailsTable, formatMeasure, formatShare, formatTick } from './text.ts';

/** Values per epoch by name, as in `history.history`. */
export type HistoryValues = Readonly<Record<string, readonly number[]>>;

/** Options of {@link historySVG}. */
export interface HistoryPictureOptions extends PictureOptions {
  /** Charts side by side; 1 unless given, so that a phone shows them large enough. */
  readonly columns?: number | undefined;
}

const FRAME: Frame = { width: 420, height: 250, left: 50, right: 14, top: 12, bottom: 36 };
/** Most epochs that get a place of their own for the pointer. */
const STOPS = 200;

/** Whether values of this name are shares, to be shown as percentages. */
const isShare = (name: string, values: readonly number[]): boolean =>
  /acc|precision|recall|auc|f1|iou/i.test(name) && values.every((value) => !(value < 0 || value > 1));

const percentTick = (value: number): string => `${Number((value * 100).toPrecision(6))} %`;

function epochAxis(epochs: number): Axis {
  const step = Math.max(1, Math.ceil(epochs / 8));
  const all = Array.from({ length: epochs }, (_, i) => i);
  const shown = all.filter((i) => epochs <= 8 || (i + 1) % step === 0);
  return { low: 0, high: epochs - 1, ticks: shown, label: 'epoch', format: (i) => `${i + 1}` };
}

/** A metric and, where they are there, its validation values; null where there is no finite value. */
function drawMetric(
  name: string,
  training: readonly number[],
  validation: readonly number[] | undefined,
): Drawing | null {
  // Validation may come every few epochs only; its values then lie at the epochs they belong to, as far as that is known.
  const spread = (values: readonly number[]): readonly number[] => {
    const every = values.length > 0 ? training.length / values.length : 1;
    return values.map((_, i) => Math.max(i, Math.round((i + 1) * every) - 1));
  };
  const series: readonly Series[] = [
    { label: 'training', colour: 0, x: training.map((_, i) => i), y: training },
    ...(validation === undefined ? [] : [{ label: 'validation', colour: 1, x: spread(validation), y: validation }]),
  ];
  const finite = series.flatMap(({ y }) => y).filter(Number.isFinite);
  if (finite.length === 0) return null;
  const share = isShare(name, finite);
  const show = share ? formatShare : formatMeasure;
  const epochs = Math.max(...series.map(({ x }) => (x.at(-1) ?? 0) + 1));
  const every = Math.ceil(epochs / STOPS);
  const stops = Array.from({ length: epochs }, (_, i) => i)
    .filter((i) => i % every === 0)
    .map((epoch) => {
      const rows = series.map(({ label, x, y }) => `${label} ${show(y[x.indexOf(epoch)] ?? NaN)}`);
      const dots = series
        .map(({ colour, x, y }) => ({ colour, x: epoch, y: y[x.indexOf(epoch)] ?? NaN }))
        .filter(({ y }) => Number.isFinite(y));
      return { x: epoch, text: [`epoch ${epoch + 1}`, ...rows].join('\n'), dots };
    });
  const ends = series.map(({ label, y }) => `${label} ${show(y.at(-1) ?? NaN)} at the end`);
  return lineChart({
    title: name,
    description: `${name} per epoch: ${ends.join(', ')}`,
    frame: FRAME,
    across: epochAxis(epochs),
    up: roundAxis(Math.min(...finite), Math.max(...finite), { format: share ? percentTick : formatTick }),
    series,
    stops,
  });
}

function drawHistory(history: HistoryValues): readonly Drawing[] {
  for (const [name, values] of Object.entries(history)) {
    if (Array.isArray(values) && values.every((value) => typeof value === 'number')) continue;
    throw new ConfigError(`history: expected a list of numbers for '${name}', got ${describe(values)}`);
  }
  const names = Object.keys(history).filter((name) => !(name.startsWith('val_') && name.slice(4) in history));
  return names.flatMap((name) => drawMetric(name, history[name]!, history[`val_${name}`]) ?? []);
}

/**
 * Learning curves as an SVG file: one chart for each metric, with its validation values. It needs nothing else, and is light
 * or dark as the reader prefers.
 *
 * @example
 * const svg = historySVG({ loss: [0.9, 0.5, 0.3], val_loss: [0.8, 0.6, 0.5] });
 */
export function historySVG(
  history: HistoryValues,
  { title = 'Learning curves', columns = 1 }: HistoryPictureOptions = {},
): string {
  return pictureOf(title, drawHistory(history), columns);
}

/**
 * Learning curves as a page, or a part of one, with a table of the numbers.
 *
 * @example
 * const html = historyHTML({ loss: [0.9, 0.5, 0.3] }, { title: 'A small network' });
 */
export function historyHTML(history: HistoryValues, { title = 'Learning curves', page }: PageOptions = {}): string {
  const charts = drawHistory(history)
    .map((drawing) => figureOf(drawing))
    .join('');
  const columns = Object.keys(history);
  const epochs = Math.max(0, ...columns.map((name) => history[name]!.length));
  if (epochs === 0) return partOrPage(title, '<p class="dl-note">No epoch was trained.</p>', page);
  const rows = Array.from({ length: epochs }, (_, epoch): [string, ...string[]] => [
    `${epoch + 1}`,
    ...columns.map((name) => formatMeasure(history[name]![epoch] ?? NaN)),
  ]);
  const table = detailsTable('Numbers of each epoch', ['epoch', ...columns], rows);
  return partOrPage(title, `<div class="dl-charts">${charts}</div>${table}`, page);
}
