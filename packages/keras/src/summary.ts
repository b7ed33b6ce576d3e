/**
 * The summary table, character for character as Keras prints it.
 */
import {
  classNameOf,
  isShape,
  Layer,
  type KerasTensor,
  type LayerShape,
  type LayerShapes,
  type OpCall,
  type Operation,
  type Tensors,
} from '@dl/layers';
import { sizeOf } from '@dl/tensor/interpreter';
import type { Variable } from '@dl/tensor';
import { terminalColumns } from './callbacks/console.ts';
import type { FunctionalGraph } from './functional/graph.ts';
import type { AnyModel } from './model.ts';

type AnyLayer = Layer<Tensors, Tensors>;

/** Options of `summary`. */
export interface SummaryOptions {
  /** Width of the table, 88 unless given, 108 where it tells what is connected to what; terminals that are narrower cut it. */
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
function columnsOf(lineLength: number, connected: boolean, showTrainable: boolean): readonly Column[] {
  const base = connected ? [0.3, 0.56, 0.74, 1] : [0.45, 0.8, 1];
  const cuts = showTrainable ? [...base.map((cut) => cut * 0.9), 1] : base;
  const at = cuts.map((cut) => Math.trunc(lineLength * cut + 1e-9));
  const specs = [
    ['Layer (type)', 'left'],
    ['Output Shape', 'left'],
    ['Param #', 'right'],
    ...(connected ? [['Connected to', 'left'] as const] : []),
    ...(showTrainable ? [['Trainable', 'center'] as const] : []),
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

const shapeText = (shapes: LayerShapes): string => {
  if (isShape(shapes)) return formatShape(shapes);
  if (Array.isArray(shapes)) return `[${(shapes as readonly LayerShape[]).map(formatShape).join(', ')}]`;
  const entries = Object.entries(shapes).map(([key, shape]) => `'${key}': ${formatShape(shape)}`);
  return `{${entries.join(', ')}}`;
};

/** Output shape of a layer that was applied or built, or ?. */
function outputShape(layer: AnyLayer): string {
  const { inboundNodes } = layer;
  if (inboundNodes.length > 0) return inboundNodes[0]!.outputs.map(({ shape }) => formatShape(shape)).join(', ');
  const { builtFor } = layer;
  return builtFor === null || !layer.built ? '?' : shapeText(layer.computeOutputShape(builtFor) as LayerShapes);
}

/** Where the inputs of every call in a functional model come from: `dense[0][0], input_layer[0][0]`. */
function connections({ nodes }: FunctionalGraph, operation: Operation): string {
  const place = ({ node, index }: KerasTensor): string => {
    const calls = nodes.filter((other) => other.operation === node.operation);
    return `${node.operation.name}[${calls.findIndex(({ outputs }) => outputs[0] === node.outputs[0])}][${index}]`;
  };
  const inputs = nodes.filter((node) => node.operation === operation).flatMap((node) => node.inputs);
  return inputs.length === 0 ? '-' : inputs.map(place).join(', ');
}

/** Whether a graph is one chain, so that nothing needs to be said about connections. */
function isChain(graph: FunctionalGraph | null): boolean {
  if (graph === null) return true;
  const used = new Map<KerasTensor, number>();
  for (const input of graph.nodes.flatMap(({ inputs }) => inputs)) used.set(input, (used.get(input) ?? 0) + 1);
  const heads = graph.nodes.filter(({ inputs }) => inputs.length === 0).length;
  const calls = new Set(graph.nodes.map(({ operation }) => operation)).size;
  const plain = graph.nodes.every(({ inputs, outputs }) => inputs.length <= 1 && outputs.length === 1);
  return plain && heads === 1 && calls === graph.nodes.length && [...used.values()].every((count) => count === 1);
}

interface Look {
  readonly connected: boolean;
  readonly showTrainable: boolean;
  readonly expandNested: boolean;
}

function rowsOf(model: AnyModel, look: Look, depth: number): readonly Row[] {
  const { graph } = model;
  const operations: readonly Operation[] = graph?.operations ?? model.layers;
  const indent = depth === 0 ? '' : `${'   '.repeat(depth)}└ `;
  return operations.flatMap((operation) => {
    const layer = operation instanceof Layer ? (operation as AnyLayer) : null;
    const weights = layer?.weights.length ?? 0;
    const row = [
      `${indent}${operation.name} (${layer === null ? opClass(operation as OpCall) : classNameOf(layer)})`,
      layer === null ? opShape(graph!, operation) : outputShape(layer),
      layer === null ? '0' : layer.built ? thousands(layer.countParams()) : '0 (unbuilt)',
      ...(look.connected ? [graph === null ? '-' : connections(graph, operation)] : []),
      ...(look.showTrainable ? [weights === 0 ? '-' : layer!.trainable ? 'Y' : 'N'] : []),
    ];
    const inner = look.expandNested && layer !== null && 'graph' in layer ? (layer as AnyModel) : null;
    return [row, ...(inner === null ? [] : rowsOf(inner, look, depth + 1))];
  });
}

const opClass = ({ op }: OpCall): string => op.charAt(0).toUpperCase() + op.slice(1);

const opShape = ({ nodes }: FunctionalGraph, operation: Operation): string =>
  nodes
    .find((node) => node.operation === operation)!
    .outputs.map(({ shape }) => formatShape(shape))
    .join(', ');

/** The text of a model's summary. */
export function summarize(model: AnyModel, options: SummaryOptions = {}): string {
  const { showTrainable = false, expandNested = false } = options;
  const connected = !isChain(model.graph);
  const wanted = (options.lineLength ?? (connected ? 108 : 88)) + (showTrainable ? 12 : 0);
  const terminal = terminalColumns();
  const length = terminal === undefined ? wanted : Math.min(wanted, terminal - 4);
  const state = model.compiled && model.optimizer.built ? model.optimizer.variables : [];
  return [
    `Model: "${model.name}"`,
    ...table(columnsOf(length, connected, showTrainable), rowsOf(model, { connected, showTrainable, expandNested }, 0)),
    footerLine('Total params', [...model.weights, ...state]),
    footerLine('Trainable params', model.trainableWeights),
    footerLine('Non-trainable params', model.nonTrainableWeights),
    ...(state.length === 0 ? [] : [footerLine('Optimizer params', state)]),
  ].join('\n');
}
