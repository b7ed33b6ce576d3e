/**
 * What will be loaded into which weight. A plan is made and checked as a whole before the first weight is set.
 */
import type { NamedArray } from '@dl/formats';
import { ConfigError, ShapeError, tensor, type TypedArray, type Variable } from '@dl/tensor';
import { formatShape, sameShape } from '@dl/tensor/interpreter';

/** An array of a file. */
export interface StoredArray {
  /** Where it stands in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  read(): NamedArray;
}

/** A weight and what it will hold. */
export interface Assignment {
  readonly variable: Variable;
  readonly array: StoredArray;
}

/** A weight that cannot be loaded. */
export interface Problem {
  readonly kind: 'missing' | 'shape';
  /** The weight, or the layer. */
  readonly what: string;
  readonly reason: string;
}

/** What a file gives a model. */
export interface WeightPlan {
  readonly assignments: Assignment[];
  readonly problems: Problem[];
  /** Arrays of the file that no weight takes. */
  readonly unused: string[];
  /** State of the optimizer that is left out, and why. */
  readonly warnings: string[];
}

/** A plan without anything in it. */
export const emptyPlan = (): WeightPlan => ({ assignments: [], problems: [], unused: [], warnings: [] });

/** The path of a weight, or its name. */
export const pathOf = (variable: Variable): string => (variable as { readonly path?: string }).path ?? variable.name;

/** Adds the arrays for all variables of one object, in order, or says what does not fit. */
export function planInOrder(
  plan: WeightPlan,
  what: string,
  variables: readonly Variable[],
  arrays: readonly StoredArray[],
): void {
  if (arrays.length !== variables.length) {
    const [wanted, got] = [variables.length, arrays.length];
    plan.problems.push({ kind: 'shape', what, reason: `expected ${wanted} weights, the file has ${got}` });
    return;
  }
  variables.forEach((variable, i) => planOne(plan, variable, arrays[i]!));
}

/** Adds the array for one variable, or says why it does not fit. */
export function planOne(plan: WeightPlan, variable: Variable, array: StoredArray): void {
  if (sameShape(array.shape, variable.shape)) {
    plan.assignments.push({ variable, array });
    return;
  }
  const reason = `expected shape ${formatShape(variable.shape)}, the file has ${formatShape(array.shape)} at '${array.name}'`;
  plan.problems.push({ kind: 'shape', what: pathOf(variable), reason });
}

/** Options of {@link applyPlan}. */
export interface ApplyOptions {
  /** Whether what does not fit is left as it is, with a warning; false unless given. */
  readonly skipMismatch?: boolean | undefined;
}

const SHOWN = 5;

function listed(problems: readonly Problem[]): string {
  const lines = problems.slice(0, SHOWN).map(({ what, reason }) => `${what}: ${reason}`);
  return `${lines.join('; ')}${problems.length > SHOWN ? `; and ${problems.length - SHOWN} more` : ''}`;
}

/**
 * Sets the weights of a plan: all of them or, where something does not fit, none.
 *
 * @throws ConfigError or ShapeError naming what is missing or does not fit; FormatError from reading the arrays.
 */
export function applyPlan(plan: WeightPlan, where: string, { skipMismatch = false }: ApplyOptions = {}): void {
  const { assignments, problems, warnings } = plan;
  if (problems.length > 0 && !skipMismatch) {
    const Kind = problems.every(({ kind }) => kind === 'shape') ? ShapeError : ConfigError;
    throw new Kind(
      `${where}: ${problems.length} of the model's weights cannot be loaded: ${listed(problems)}. ` +
        'Nothing was loaded; skipMismatch: true loads the rest',
    );
  }
  const values = assignments.map(({ array }) => array.read());
  if (problems.length > 0) console.warn(`${where}: left as they were: ${listed(problems)}`);
  for (const warning of warnings) console.warn(`${where}: ${warning}`);
  assignments.forEach(({ variable }, i) => {
    const { data, shape } = values[i]!;
    variable.assign(tensor(data as TypedArray, variable.dtype, shape));
  });
}

/** The value of a variable as files take it. */
export async function arrayOf(variable: Variable): Promise<NamedArray> {
  const { value } = variable;
  const data = await value.data();
  value.dispose();
  return { dtype: variable.dtype, shape: variable.shape, data };
}
