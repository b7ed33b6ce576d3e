/**
 * StackedRNNCells: several cells as one.
 */
import { ConfigError, type DType, type Shape, type Tensor } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { Config } from '../base/config.ts';
import type { LayerShape } from '../base/input-spec.ts';
import type { LayerClass } from '../base/layer-config.ts';
import type { CallContext, LayerOptions } from '../base/layer.ts';
import { nestedFromConfig, serializeNested, type LayerLoader } from '../base/nested.ts';
import { RNNCell, singleStep, type CellArguments, type CellRun } from './cell.ts';

/**
 * Cells one on top of the other: each gets the output of the one before. The states of all stand in one list, those of the
 * first cell first.
 *
 * @throws ConfigError for something that is no cell, or a cell that is there twice.
 * @example new RNN(new StackedRNNCells([new LSTMCell(8), new LSTMCell(4)])).apply(zeros([2, 5, 3])); // [2, 4]
 */
export class StackedRNNCells extends RNNCell {
  static override readonly className: string = 'StackedRNNCells';
  static override readonly positional: readonly string[] = ['cells'];
  static override readonly options: readonly string[] = [];

  readonly cells: readonly RNNCell[];
  override readonly stateSize: readonly number[];
  override readonly outputState: number | null;

  constructor(cells: readonly RNNCell[], options: LayerOptions = {}) {
    super(options);
    if (!Array.isArray(cells) || cells.length === 0 || !cells.every((cell) => cell instanceof RNNCell)) {
      throw new ConfigError(`${this.label}: expected a list of cells, got ${describe(cells)}`);
    }
    if (new Set(cells).size < cells.length) {
      throw new ConfigError(`${this.label}: a cell can be there only once; make one for each place`);
    }
    this.cells = cells;
    this.stateSize = cells.flatMap(({ stateSize }) => stateSize);
    const { outputState } = cells.at(-1)!;
    const before = cells.slice(0, -1).flatMap(({ stateSize }) => stateSize).length;
    this.outputState = outputState === null ? null : before + outputState;
  }

  override get outputSize(): number {
    return this.cells.at(-1)!.outputSize;
  }

  /** Shapes of what each cell takes, and of what the last gives. */
  #shapes(inputShape: LayerShape): readonly LayerShape[] {
    const shapes = [inputShape];
    for (const cell of this.cells) shapes.push(cell.outputShape(shapes.at(-1)!));
    return shapes;
  }

  override outputShape(inputShape: LayerShape): LayerShape {
    return this.#shapes(inputShape).at(-1)!;
  }

  override stateShapes(inputShape: LayerShape): readonly LayerShape[] {
    const shapes = this.#shapes(inputShape);
    return this.cells.flatMap((cell, i) => cell.stateShapes(shapes[i]!));
  }

  override getInitialState(inputShape: Shape, dtype: DType = this.computeDtype): readonly Tensor[] {
    const shapes = this.#shapes(inputShape);
    return this.cells.flatMap((cell, i) => cell.getInitialState(shapes[i] as Shape, dtype));
  }

  protected override build(inputShape: LayerShape): void {
    const shapes = this.#shapes(inputShape);
    this.cells.forEach((cell, i) => cell.ensureBuilt(shapes[i]!));
    this.inputSpec = this.cells[0]!.inputSpec;
  }

  override begin(inputShape: Shape, training: boolean): CellRun {
    const shapes = this.#shapes(inputShape);
    const runs = this.cells.map((cell, i) => cell.begin(shapes[i] as Shape, training));
    return {
      project: runs[0]!.project,
      step: (projected, states) => {
        let output = projected;
        let at = 0;
        const all = this.cells.flatMap((cell, i) => {
          const { project, step } = runs[i]!;
          const own = states.slice(at, (at += [cell.stateSize].flat().length));
          const [y, ...next] = step(i === 0 ? output : project(output), own);
          output = y!;
          return next;
        });
        return [output, ...all];
      },
    };
  }

  override call(inputs: Tensor, context: CallContext & CellArguments): readonly Tensor[] {
    return singleStep(this, inputs, context);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), cells: this.cells.map(serializeNested) };
  }

  static override fromConfig<T>(this: LayerClass<T>, config: Config, load?: LayerLoader): T {
    return nestedFromConfig(this, config, ['cells'], load);
  }
}
