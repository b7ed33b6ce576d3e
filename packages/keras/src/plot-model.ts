/**
 * Pictures of models: as text for Graphviz, and as SVG.
 */
import { classNameOf, Layer, type KerasTensor, type Operation, type Tensors } from '@dl/layers';
import { ConfigError } from '@dl/tensor';
import { callsOf } from './functional/calls.ts';
import type { AnyModel } from './model.ts';

/** Options of {@link modelToDot} and {@link plotModel}. */
export interface PlotOptions {
  /** Whether shapes of inputs and outputs are shown; false unless given. */
  readonly showShapes?: boolean | undefined;
  /** Whether dtypes of outputs are shown; false unless given. */
  readonly showDtype?: boolean | undefined;
  /** Whether names of layers are shown; false unless given. */
  readonly showLayerNames?: boolean | undefined;
  /** Whether it is shown which layers are trainable; false unless given. */
  readonly showTrainable?: boolean | undefined;
  /** 'TB' from top to bottom, as unless given, or 'LR' from left to right. */
  readonly rankdir?: 'TB' | 'LR' | undefined;
  /** Whether models inside are drawn with their layers, in boxes; false unless given. */
  readonly expandNested?: boolean | undefined;
}

const escape = (text: string): string => text.replace(/[\\"<>{}|]/g, (c) => `\\${c}`);

const shapeText = (tensors: readonly KerasTensor[]): string =>
  tensors
    .map(({ shape }) => `(${(shape as readonly (number | null)[]).map((n) => n ?? 'None').join(', ')})`)
    .join(', ');

/** Writes one model and those inside it. */
class Drawing {
  readonly #options: PlotOptions;
  readonly #ids = new Map<Operation, string>();
  /** Where edges into the models go that are drawn with their layers, by input, and where those out of them come from. */
  readonly #doors = new Map<Operation, { readonly into: readonly string[]; readonly out: string }>();
  readonly lines: string[] = [];

  constructor(options: PlotOptions) {
    this.#options = options;
  }

  #id(operation: Operation): string {
    const known = this.#ids.get(operation);
    if (known !== undefined) return known;
    const id = `n${this.#ids.size}`;
    this.#ids.set(operation, id);
    return id;
  }

  #label(operation: Operation, inputs: readonly KerasTensor[], outputs: readonly KerasTensor[]): string {
    const { showShapes, showDtype, showLayerNames, showTrainable } = this.#options;
    const layer = operation instanceof Layer ? (operation as Layer<Tensors, Tensors>) : null;
    const kind = layer === null ? operation.label.replace(/^.*\((.*)\)$/, '$1') : classNameOf(layer);
    const head = showLayerNames === true ? `${operation.name} (${kind})` : kind;
    const rows = [escape(head)];
    if (showDtype === true) rows.push(`Output dtype: ${[...new Set(outputs.map(({ dtype }) => dtype))].join(', ')}`);
    if (showTrainable === true && layer !== null && layer.weights.length > 0) {
      rows.push(layer.trainable ? 'Trainable' : 'Non-trainable');
    }
    if (showShapes === true) {
      const from = inputs.length === 0 ? '' : `Input shape: ${escape(shapeText(inputs))}|`;
      rows.push(`{${from}Output shape: ${escape(shapeText(outputs))}}`);
    }
    return `{${rows.join('|')}}`;
  }

  /** Draws a model. */
  draw(model: AnyModel): void {
    const calls = callsOf(model);
    for (const { operation, inputs, outputs } of calls) {
      const inner = operation instanceof Layer && 'graph' in operation ? (operation as unknown as AnyModel) : null;
      if (this.#options.expandNested === true && inner !== null && !this.#ids.has(operation)) {
        this.lines.push(`subgraph cluster_${this.#id(operation)} {`, `label="${escape(inner.name)}";`);
        this.draw(inner);
        this.lines.push('}');
        const places = inner.inputs.map((place) => this.#id((place as KerasTensor).node.operation));
        this.#doors.set(operation, { into: places, out: this.#id((inner.outputs[0] as KerasTensor).node.operation) });
      } else if (!this.#ids.has(operation)) {
        this.lines.push(`${this.#id(operation)} [label="${this.#label(operation, inputs, outputs)}"];`);
      }
      inputs.forEach(({ node }, i) => {
        const from = this.#doors.get(node.operation)?.out ?? this.#id(node.operation);
        this.lines.push(`${from} -> ${this.#doors.get(operation)?.into[i] ?? this.#id(operation)};`);
      });
    }
  }
}

/**
 * A model as text in Graphviz's DOT language, as `keras.utils.model_to_dot`.
 *
 * @throws ConfigError for a model that is not built on symbolic tensors.
 * @example writeFileSync('model.dot', modelToDot(model, { showShapes: true }));
 */
export function modelToDot(model: AnyModel, options: PlotOptions = {}): string {
  const drawing = new Drawing(options);
  drawing.draw(model);
  return [
    'digraph model {',
    `rankdir=${options.rankdir ?? 'TB'};`,
    'node [shape=record, fontname="Helvetica", fontsize=11, margin="0.2,0.06"];',
    ...drawing.lines,
    '}',
  ].join('\n');
}

/** What the optional package `@viz-js/viz` gives. */
interface Viz {
  instance(): Promise<{ renderString(text: string, options: { readonly format: 'svg' }): string }>;
}

/**
 * A model as an SVG picture, as `keras.utils.plot_model`. Needs the package `@viz-js/viz`.
 *
 * @throws ConfigError when that package is not installed.
 * @example writeFileSync('model.svg', await plotModel(model, { showShapes: true, showLayerNames: true }));
 */
export async function plotModel(model: AnyModel, options: PlotOptions = {}): Promise<string> {
  const dot = modelToDot(model, options);
  const name = '@viz-js/viz';
  let viz: Viz;
  try {
    viz = (await import(name)) as Viz;
  } catch (cause) {
    throw new ConfigError('plotModel: install @viz-js/viz to draw models, or use modelToDot() with Graphviz', {
      cause,
    });
  }
  return (await viz.instance()).renderString(dot, { format: 'svg' });
}
