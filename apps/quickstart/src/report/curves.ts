// Learning curves as inline SVG: training and validation values per epoch, with axes and values on hover.
import { escape, measure, percent } from './html.ts';

const box = { width: 420, height: 250, left: 50, right: 14, top: 12, bottom: 36 } as const;
const plotWidth = box.width - box.left - box.right;
const plotHeight = box.height - box.top - box.bottom;

/** Round steps (1, 2, 2.5 or 5 times a power of ten) that cover a range in about `wanted` ticks. */
export const ticks = (low: number, high: number, wanted = 5): readonly number[] => {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((candidate) => candidate >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
};

interface Scale {
  readonly x: (epoch: number) => number;
  readonly y: (value: number) => number;
}

const path = (values: readonly number[], { x, y }: Scale): string => {
  let pen = 'M';
  let d = '';
  for (const [epoch, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      pen = 'M'; // A gap where the value is not a number.
      continue;
    }
    d += `${pen}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = 'L';
  }
  return d;
};

const epochTicks = (epochs: number): readonly number[] => {
  const step = Math.max(1, Math.ceil(epochs / 8));
  return Array.from({ length: epochs }, (_, i) => i).filter((i) => (i + 1) % step === 0 || epochs <= 8);
};

/** Whether values of this name are shares, to be shown as percentages. */
const isShare = (name: string, values: readonly number[]): boolean =>
  /acc|precision|recall|auc|f1/i.test(name) && values.every((value) => !(value < 0 || value > 1));

const tickText = (value: number, share: boolean): string =>
  share ? `${Number((value * 100).toPrecision(6))} %` : `${Number(value.toPrecision(6))}`;

/** One chart: a metric and, where it is there, its validation values. */
export const curve = (name: string, training: readonly number[], validation: readonly number[] | undefined): string => {
  const series = [
    { key: 'train', label: 'training', values: training },
    ...(validation === undefined ? [] : [{ key: 'val', label: 'validation', values: validation }]),
  ];
  const all = series.flatMap(({ values }) => values).filter(Number.isFinite);
  if (all.length === 0) return '';
  const share = isShare(name, all);
  const yTicks = ticks(Math.min(...all), Math.max(...all));
  const [low, high] = [yTicks[0]!, yTicks[yTicks.length - 1]!];
  const epochs = training.length;
  const x = (epoch: number): number => box.left + (epochs === 1 ? 0.5 : epoch / (epochs - 1)) * plotWidth;
  const y = (value: number): number => box.top + ((high - value) / (high - low)) * plotHeight;
  const show = share ? percent : measure;

  const grid = yTicks.map(
    (tick) =>
      `<line class="grid" x1="${box.left}" x2="${box.width - box.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}"/>` +
      `<text class="tick" text-anchor="end" x="${box.left - 8}" y="${(y(tick) + 4).toFixed(1)}">${tickText(tick, share)}</text>`,
  );
  const labels = epochTicks(epochs).map(
    (epoch) =>
      `<text class="tick" text-anchor="middle" x="${x(epoch).toFixed(1)}" y="${box.height - 19}">${epoch + 1}</text>`,
  );
  const lines = series.map(({ key, values }) => `<path class="line ${key}" d="${path(values, { x, y })}"/>`);
  const band = epochs === 1 ? plotWidth : plotWidth / (epochs - 1);
  const bands = Array.from({ length: epochs }, (_, epoch) => {
    const rows = series.map(({ label, values }) => `${label} ${show(values[epoch] ?? NaN)}`);
    const dots = series
      .filter(({ values }) => Number.isFinite(values[epoch]))
      .map(
        ({ key, values }) =>
          `<circle class="dot ${key}" r="4" cx="${x(epoch).toFixed(1)}" cy="${y(values[epoch]!).toFixed(1)}"/>`,
      );
    const from = Math.max(box.left, x(epoch) - band / 2);
    const to = Math.min(box.width - box.right, x(epoch) + band / 2);
    return (
      `<g class="${epochs === 1 ? 'epoch only' : 'epoch'}"><title>${escape(`epoch ${epoch + 1}\n${rows.join('\n')}`)}</title>` +
      `<rect x="${from.toFixed(1)}" y="${box.top}" width="${Math.max(1, to - from).toFixed(1)}" height="${plotHeight}"/>` +
      `<line class="guide" x1="${x(epoch).toFixed(1)}" x2="${x(epoch).toFixed(1)}" y1="${box.top}" y2="${box.top + plotHeight}"/>` +
      `${dots.join('')}</g>`
    );
  });
  const summary = series
    .map(({ label, values }) => `${label} ${show(values[epochs - 1] ?? NaN)} at the end`)
    .join(', ');
  const legend = series.map(({ key, label }) => `<span class="key ${key}">${label}</span>`).join('');
  return (
    `<figure class="chart"><figcaption><b>${escape(name)}</b><span class="legend">${legend}</span></figcaption>` +
    `<svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-label="${escape(`${name} per epoch: ${summary}`)}">` +
    `${grid.join('')}${labels.join('')}` +
    `<text class="tick" text-anchor="middle" x="${box.left + plotWidth / 2}" y="${box.height - 3}">epoch</text>` +
    `${lines.join('')}${bands.join('')}</svg></figure>`
  );
};

/** The charts of all metrics of a history, and its numbers as a table. */
export const curves = (history: Readonly<Record<string, readonly number[]>>): string => {
  const names = Object.keys(history).filter((name) => !(name.startsWith('val_') && name.slice(4) in history));
  const epochs = Math.max(0, ...Object.values(history).map((values) => values.length));
  if (epochs === 0) return '<p class="note">No epoch was trained.</p>';
  const charts = names.map((name) => curve(name, history[name]!, history[`val_${name}`])).join('');
  const columns = Object.keys(history);
  const head = ['epoch', ...columns].map((name) => `<th scope="col">${escape(name)}</th>`).join('');
  const rows = Array.from(
    { length: epochs },
    (_, epoch) =>
      `<tr><th scope="row">${epoch + 1}</th>${columns
        .map((name) => `<td>${measure(history[name]![epoch] ?? NaN)}</td>`)
        .join('')}</tr>`,
  );
  return (
    `<div class="charts">${charts}</div><details><summary>Numbers of each epoch</summary>` +
    `<div class="scroll"><table class="numbers"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div></details>`
  );
};
