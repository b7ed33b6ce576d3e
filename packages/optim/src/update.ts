/**
 * The plan of an optimizer's update: which state there is, and the function of tensors that runs as one program.
 */
import {
  abs,
  add,
  equal,
  floorDiv,
  less,
  mod,
  mul,
  notEqual,
  sub,
  where,
  type Tensor,
  type Variable,
} from '@dl/tensor';
import { castTo } from '@dl/tensor/interpreter';
import { clipGradients, type Clipping } from './clipping.ts';
import type { LearningRateSchedule } from './schedules/learning-rate-schedule.ts';
import { makeSlot, type ScalarSpec, type Slots, type SlotSpec, type UpdateContext, type Updated } from './slots.ts';

/** A Variable that may have a constraint, as the weights of layers do. */
export type ConstrainedVariable = Variable & {
  readonly path?: string;
  readonly constraint?: { apply(weight: Tensor): Tensor } | null;
};

/** What a plan is made from. */
export interface PlanOptions {
  readonly variables: readonly ConstrainedVariable[];
  readonly options: Clipping & {
    readonly useEma: boolean;
    readonly emaMomentum: number;
    readonly emaOverwriteFrequency: number | null;
    readonly lossScaleFactor: number | null;
    readonly gradientAccumulationSteps: number | null;
  };
  readonly schedule: LearningRateSchedule | null;
  readonly slotGroups: readonly (readonly SlotSpec[])[];
  readonly scalarSpecs: readonly ScalarSpec[];
  /** Weight decay of a variable, null for none. */
  readonly decayOf: (variable: Variable) => number | null;
  readonly update: (weight: Tensor, gradient: Tensor, slots: Slots, context: UpdateContext) => Updated;
  readonly updateScalars: (scalars: Slots, step: Tensor) => Slots;
}

/** Attributes of the program: which variables have gradients. */
interface Attrs {
  readonly present: readonly boolean[];
}

/** State and program of one optimizer. */
export interface UpdatePlan {
  readonly variables: readonly ConstrainedVariable[];
  /** All state but iterations and learning rate, in the order of Keras's files. */
  readonly state: readonly Variable[];
  /** Moving averages of the variables, if they are kept. */
  readonly averages: readonly Variable[] | null;
  readonly body: (inputs: readonly Tensor[], attrs: Attrs) => readonly Tensor[];
  inputs(
    iterations: Variable,
    learningRate: Variable | null,
    gradients: readonly (Tensor | null)[],
    present: readonly boolean[],
  ): readonly Tensor[];
  assign(iterations: Variable, outputs: readonly Tensor[], present: readonly boolean[]): void;
}

/** The state beside one variable. */
interface Row {
  readonly variable: ConstrainedVariable;
  readonly slots: Readonly<Record<string, Variable>>;
  readonly average: Variable | null;
  readonly accumulator: Variable | null;
}

/** The state of a row that the program reads and writes, in a fixed order. */
const cellsOf = ({ variable, slots, average, accumulator }: Row): readonly Variable[] => [
  variable,
  ...Object.values(slots),
  ...(average === null ? [] : [average]),
  ...(accumulator === null ? [] : [accumulator]),
];

/** Makes the state and the program. */
export function planUpdate(plan: PlanOptions): UpdatePlan {
  const { variables, options, slotGroups, scalarSpecs } = plan;
  const beside = (variable: ConstrainedVariable, { name, initial = 0, shape }: SlotSpec): Variable =>
    makeSlot(
      `${(variable.path ?? variable.name).replaceAll('/', '_')}_${name}`,
      shape?.(variable) ?? variable.shape,
      variable.dtype,
      initial === 'weight' ? variable : initial,
    );
  const averages = options.useEma ? variables.map((v) => beside(v, { name: 'average' })) : null;
  const every = options.gradientAccumulationSteps ?? 1;
  const accumulators = every > 1 ? variables.map((v) => beside(v, { name: 'gradient_accumulator' })) : null;
  const slots: Record<string, Variable>[] = variables.map(() => ({}));
  const ordered = slotGroups.flatMap((group) =>
    variables.flatMap((variable, i) =>
      group
        .filter(({ when }) => when?.(variable) ?? true)
        .map((spec) => (slots[i]![spec.name] = beside(variable, spec))),
    ),
  );
  const scalars = scalarSpecs.map(({ name, initial = 0 }) => makeSlot(name, [], 'float32', initial));
  const rows = variables.map((variable, i): Row => ({
    variable,
    slots: slots[i]!,
    average: averages?.[i] ?? null,
    accumulator: accumulators?.[i] ?? null,
  }));

  const body = (inputs: readonly Tensor[], { present }: Attrs): readonly Tensor[] => {
    let next = 0;
    const take = (): Tensor => inputs[next++]!;
    const calls = take();
    const done = every > 1 ? floorDiv(calls, every) : calls;
    const updating = every > 1 ? equal(mod(add(calls, 1), every), 0) : null;
    const steps = castTo(done, 'float32');
    const rate = plan.schedule === null ? take() : plan.schedule.call(steps);
    const scalarValues = Object.fromEntries(scalarSpecs.map(({ name }) => [name, take()]));
    const active = rows.filter((_, i) => present[i]!);
    const cells = active.map((row) => cellsOf(row).map(take));
    const raw = active.map(({ variable }) => castTo(take(), variable.dtype));
    const scaled = options.lossScaleFactor === null ? raw : raw.map((g) => g.div(options.lossScaleFactor!));
    const sums = updating === null ? scaled : scaled.map((g, i) => add(g, cells[i]!.at(-1)!));
    const gradients = clipGradients(every > 1 ? sums.map((g) => g.div(every)) : sums, options);

    const results = active.flatMap((row, i) => {
      const old = cells[i]!;
      const { variable } = row;
      const context: UpdateContext = {
        learningRate: castTo(rate, variable.dtype),
        step: castTo(add(steps, 1), variable.dtype),
        scalars: scalarValues,
        variable,
      };
      const names = Object.keys(row.slots);
      const { weight, slots: state } = plan.update(
        decayed(old[0]!, variable, context, plan),
        gradients[i]!,
        Object.fromEntries(names.map((name, k) => [name, old[1 + k]!])),
        context,
      );
      const average = row.average === null ? null : averaged(old[1 + names.length]!, weight, steps, options);
      const chosen = average === null ? weight : overwritten(weight, average, steps, options);
      const limited = variable.constraint ? variable.constraint.apply(chosen) : chosen;
      const fresh = [
        limited,
        ...names.map((name) => withoutTiny(state[name]!)),
        ...(average === null ? [] : [average]),
      ];
      if (updating === null) return fresh;
      // Between updates everything stays but the accumulator.
      return [...fresh.map((value, k) => where(updating, value, old[k]!)), where(updating, 0, sums[i]!)];
    });
    const newScalars = plan.updateScalars(scalarValues, add(steps, 1));
    const scalarResults = scalarSpecs.map(({ name }) => {
      const value = newScalars[name]!;
      return updating === null ? value : where(updating, value, scalarValues[name]!);
    });
    return [add(calls, 1), ...scalarResults, ...results];
  };

  return {
    variables,
    state: [...(averages ?? []), ...(accumulators ?? []), ...ordered, ...scalars],
    averages,
    body,
    inputs: (iterations, learningRate, gradients, present) => [
      iterations.read(),
      ...(learningRate === null ? [] : [learningRate.read()]),
      ...scalars.map((scalar) => scalar.read()),
      ...rows.flatMap((row, i) => (present[i]! ? cellsOf(row).map((cell) => cell.read()) : [])),
      ...gradients.filter((gradient) => gradient !== null),
    ],
    assign: (iterations, outputs, present) => {
      const cells = [iterations, ...scalars, ...rows.flatMap((row, i) => (present[i]! ? cellsOf(row) : []))];
      cells.forEach((cell, i) => cell.assign(outputs[i]!));
    },
  };
}

/** Smallest normal float32. */
const TINY = 2 ** -126;

/**
 * State with numbers below the normal range as 0. The state of a weight whose gradient has died shrinks towards them and
 * would stay there, where processors compute a hundred times slower.
 */
function withoutTiny(value: Tensor): Tensor {
  return value.dtype === 'float32' ? where(less(abs(value), TINY), 0, value) : value;
}

function decayed(weight: Tensor, variable: Variable, { learningRate }: UpdateContext, plan: PlanOptions): Tensor {
  const weightDecay = plan.decayOf(variable);
  if (weightDecay === null || weightDecay === 0) return weight;
  return sub(weight, mul(mul(weight, weightDecay), learningRate));
}

/** The first average is the value itself. */
function averaged(average: Tensor, weight: Tensor, steps: Tensor, { emaMomentum }: PlanOptions['options']): Tensor {
  const momentum = castTo(mul(notEqual(steps, 0), emaMomentum), weight.dtype);
  return add(mul(momentum, average), mul(sub(1, momentum), weight));
}

function overwritten(weight: Tensor, average: Tensor, steps: Tensor, options: PlanOptions['options']): Tensor {
  const every = options.emaOverwriteFrequency;
  if (every === null) return weight;
  return where(equal(mod(add(steps, 1), every), 0), average, weight);
}
