/**
 * Rules of reductions: over nothing but axes of size 1, and of one number.
 */
import { isFloating } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import { literalValue } from '../graph.ts';
import { literalOf } from './rewrite.ts';
import { number, type Rule, type RuleContext, type Rules } from './rule.ts';

type Reduction = 'sum' | 'prod' | 'max' | 'min';

/** Sums of fewer single-precision numbers than this are exact in double precision. */
const EXACT_TERMS = 2 ** 29;

/** What a reduction of `count` equal numbers gives; null where it depends on how sums round. */
const OF_EQUAL: { readonly [K in Reduction]: (x: number, count: number, floating: boolean) => number | null } = {
  sum: (x, count, floating) => {
    if (count === 0) return 0;
    if (!floating) return Math.imul(x, count);
    // A sum starts at 0, so that it is never −0.
    return Object.is(Math.fround(x), x) && count < EXACT_TERMS ? x * count + 0 : null;
  },
  prod: (x, count) => (count === 0 || x === 1 ? 1 : count === 1 || Object.is(x, 0) ? x : null),
  max: (x) => x,
  min: (x) => x,
};

const counted = ({ inputs: [x], attrs: { axes } }: RuleContext<Reduction>): number =>
  sizeOf(axes.map((axis) => x!.shape[axis]!));

function ofLiteral(op: Reduction, context: RuleContext<Reduction>): number | null {
  const [x] = context.inputs;
  const { dtype } = context.output;
  const count = counted(context);
  const literal = literalOf(x!);
  if (literal === undefined && count > 0) return null;
  if (count === 0 && op !== 'sum' && op !== 'prod') return null;
  const single = dtype === 'float32' || dtype === 'float16';
  const value = OF_EQUAL[op](single ? Math.fround(literal ?? 0) : (literal ?? 0), count, isFloating(dtype));
  if (value === null || dtype === 'float64') return value;
  // Results beyond the dtype's range are left to run time, where they are rounded.
  if (dtype === 'float32') return Math.fround(value);
  return dtype === 'int32' ? value | 0 : dtype === 'uint32' ? value >>> 0 : null;
}

const reduction =
  (op: Reduction): Rule<Reduction> =>
  (context) => {
    const { inputs, output, make } = context;
    const [x] = inputs;
    const literal = ofLiteral(op, context);
    if (literal !== null) return number(literal, context);
    if (counted(context) !== 1) return null;
    // 0 + x: the sum of one −0 is 0.
    const signed = op === 'sum' && isFloating(x!.dtype);
    const value = signed ? make('add', [x!, literalValue(0, x!.dtype)], {}) : x!;
    return make('reshape', [value], { shape: output.shape });
  };

/** The first of one element. */
const position: Rule<'argMax' | 'argMin'> = (context) =>
  context.inputs[0]!.shape[context.attrs.axis] === 1 ? number(0, context) : null;

/** Rules of reductions. */
export const REDUCTION_RULES: Pick<Rules, Reduction | 'argMax' | 'argMin'> = {
  sum: reduction('sum'),
  prod: reduction('prod'),
  max: reduction('max'),
  min: reduction('min'),
  argMax: position,
  argMin: position,
};
