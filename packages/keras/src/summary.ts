/**
 * The summary table, character for character as Keras prints it.
 */
import { classNameOf, type Layer, type LayerShape } from '@dl/layers';
import { sizeOf } from '@dl/tensor/interpreter';
import type { Variable } from '@dl/tensor';
import { terminalColumns } from './callbacks/console.ts';
import type { AnyModel } from './model.ts';

/** Options of `summary`. */
export interface SummaryOptions {
  /** Width of the table, 88 unless given; terminals that are narrower cut it. */
  readonly lineLength?: number | undefined;
  /** Whether a column tells which layers are trainable; false unless given. */
  readonly showTrainable?: boolean | undefined;
  /** Whether the layers of models inside are listed too; false unless given. */
  readonly expandNested?: boolean | undefined;
  /** Takes the text; `console.log` unless given. */
  readonly printFn?: ((text: string) => void) | undefined;
}

interface Column {
  readonly title: string;
  readonly align: 'left' | 'right' | 'center';
  readonly width: number;
}

/** Cells of one row, before they are fitted to the columns. */
type Row = readonly string[];

const thousands = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

/** Shape in Python's notation. */
const formatShape = (shape: LayerShape): string =>
  `(${shape.map((n) => (n === null ? 'None' : n)).join(', ')}${shape.length === 1 ? ',' : ''})`;

const WIDTHS: { readonly [D in Variable['dtype']]: number } = {
  float32: 4,
  float64: 8,
  float16: 2,
  int32: 4,
  uint32: 4,
  int16: 2,
  uint16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Bytes with a unit. */
function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(2)} ${units[unit]}`;
}

function footerLine(label: string, variables: readonly Variable[]): string {
  const [count, bytes] = measure(variables);
  return ` ${label}: ${thousands(count)} (${formatBytes(bytes)})`;
}

function measure(variables: readonly Variable[]): readonly [count: number, bytes: number] {
  return variables.reduce(
    ([count, bytes], { shape, dtype }) => [count + sizeOf(shape), bytes + sizeOf(shape) * WIDTHS[dtype]] as const,
    [0, 0] as readonly [number, number],
  );
}

/**
 * Widths from the cumulative cut points. Borders and blanks take three characters a column and one more, shared out as
 * Keras's table does: the last but one column gives the odd one.
 */
function columnsOf(lineLength: number, showTrainable: boolean): readonly Column[] {
  const cuts = showTrainable ? [0.405, 0.72, 0.9, 1] : [0.45, 0.8, 1];
  const at = cuts.map((cut) => Math.trunc(lineLength * cut));
  const specs = [
    ['Layer (type)', 'left'],
    ['Output Shape', 'left'],
    ['Param #', 'right'],
    ['Trainable', 'center'],
  ] as const;
  return cuts.map((_, i) => ({
    title: specs[i]![0],
    align: specs[i]![1],
    width: at[i]! - (i === 0 ? 0 : at[i - 1]!) - (i === cuts.length - 2 ? 4 : 3),
  }));
}

/** Breaks text at words into lines of at most `width`; longer words are cut. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const cut = space > 0 && rest.slice(0, space).trim() !== '' ? space : width;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}

const fit = (text: string, { width, align }: Column): string => {
  const spare = width - text.length;
  if (align === 'left') return text + ' '.repeat(spare);
  if (align === 'right') return ' '.repeat(spare) + text;
  return ' '.repeat(Math.floor(spare / 2)) + text + ' '.repeat(spare - Math.floor(spare / 2));
};

function table(columns: readonly Column[], rows: readonly Row[]): readonly string[] {
  const rule = (left: string, line: string, cross: string, right: string): string =>
    left + columns.map(({ width }) => line.repeat(width + 2)).join(cross) + right;
  const cells = (row: Row, bar: string, shorten: boolean): readonly string[] => {
    const wrapped = row.map((text, i) => {
      const { width } = columns[i]!;
      return shorten && text.length > width ? [`${text.slice(0, width - 1)}…`] : wrap(text, width);
    });
    const height = Math.max(...wrapped.map((lines) => lines.length));
    return Array.from(
      { length: height },
      (_, k) => bar + wrapped.map((lines, i) => ` ${fit(lines[k] ?? '', columns[i]!)} `).join(bar) + bar,
    );
  };
  const body = rows.flatMap((row, i) => [...(i === 0 ? [] : [rule('├', '─', '┼', '┤')]), ...cells(row, '│', false)]);
  return [
    rule('┏', '━', '┳', '┓'),
    ...cells(
      columns.map(({ title }) => title),
      '┃',
      true,
    ),
    rule('┡', '━', '╇', '┩'),
    ...body,
    rule('└', '─', '┴', '┘'),
  ];
}

/** Output shape of a built layer, or ?. */
function outputShape(layer: Layer): string {
  const { builtFor } = layer;
  return builtFor === null || !layer.built ? '?' : formatShape(layer.computeOutputShape(builtFor));
}

function rowsOf(layers: readonly Layer[], options: SummaryOptions, depth: number): readonly Row[] {
  return layers.flatMap((layer) => {
    const indent = depth === 0 ? '' : `${'   '.repeat(depth)}└ `;
    const trainable = layer.weights.length === 0 ? '-' : layer.trainable ? 'Y' : 'N';
    const row = [
      `${indent}${layer.name} (${classNameOf(layer)})`,
      outputShape(layer),
      layer.built ? thousands(layer.countParams()) : '0 (unbuilt)',
      ...(options.showTrainable === true ? [trainable] : []),
    ];
    const inner = (layer as Partial<Pick<AnyModel, 'layers'>>).layers;
    const nested = options.expandNested === true && inner !== undefined ? rowsOf(inner, options, depth + 1) : [];
    return [row, ...nested];
  });
}

/** The text of a model's summary. */
export function summarize(model: AnyModel, options: SummaryOptions = {}): string {
  const showTrainable = options.showTrainable ?? false;
  const wanted = (options.lineLength ?? 88) + (showTrainable ? 12 : 0);
  const terminal = terminalColumns();
  const length = terminal === undefined ? wanted : Math.min(wanted, terminal - 4);
  const state = model.compiled && model.optimizer.built ? model.optimizer.variables : [];
  return [
    `Model: "${model.name}"`,
    ...table(columnsOf(length, showTrainable), rowsOf(model.layers, options, 0)),
    footerLine('Total params', [...model.weights, ...state]),
    footerLine('Trainable params', model.trainableWeights),
    footerLine('Non-trainable params', model.nonTrainableWeights),
    ...(state.length === 0 ? [] : [footerLine('Optimizer params', state)]),
  ].join('\n');
}
