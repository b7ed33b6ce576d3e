/**
 * Rules of views, padding and concatenation: views of views, views that change nothing, and views of one number.
 */
import type { OpAttrs } from '../../ops/attrs.ts';
import { sameShape, sizeOf } from '../../shape.ts';
import type { Value } from '../graph.ts';
import { literalOf, unexpanded } from './rewrite.ts';
import { firstOf, number, under, type Rule, type Rules } from './rule.ts';

type View = 'reshape' | 'transpose' | 'broadcastTo' | 'slice' | 'flip';

/** A view of one number is that number in another shape. */
const ofLiteral: Rule<View> = (context) => {
  const [x] = context.inputs;
  const literal = literalOf(x!);
  // broadcastTo of the literal itself is how such values look.
  if (literal === undefined || (x!.literal !== undefined && context.output.node!.op === 'broadcastTo')) return null;
  return number(literal, context);
};

const reshape: Rule<'reshape'> = ({ inputs: [x], attrs: { shape }, make }) => {
  if (sameShape(x!.shape, shape)) return x!;
  const inner = under('reshape', x!);
  return inner && make('reshape', [inner], { shape });
};

const transpose: Rule<'transpose'> = ({ inputs: [x], attrs: { permutation }, make }) => {
  if (permutation.every((axis, i) => axis === i)) return x!;
  const inner = under('transpose', x!);
  if (inner === null) return null;
  const first = (x!.node!.attrs as OpAttrs['transpose']).permutation;
  return make('transpose', [inner], { permutation: permutation.map((axis) => first[axis]!) });
};

const broadcastTo: Rule<'broadcastTo'> = ({ inputs: [x], attrs: { shape }, make }) => {
  if (sameShape(x!.shape, shape)) return x!;
  const inner = unexpanded(x!);
  return inner && make('broadcastTo', [inner], { shape });
};

const slice: Rule<'slice'> = ({ inputs: [x], attrs: { start, size, step }, make }) => {
  if (
    sameShape(size, x!.shape) &&
    size.every((n, axis) => n === 0 || (start[axis] === 0 && (n === 1 || step[axis] === 1)))
  )
    return x!;
  const inner = under('slice', x!);
  if (inner === null) return null;
  const first = x!.node!.attrs as OpAttrs['slice'];
  return make('slice', [inner], {
    start: start.map((from, axis) => first.start[axis]! + from * first.step[axis]!),
    size,
    step: step.map((by, axis) => by * first.step[axis]!),
  });
};

const flip: Rule<'flip'> = ({ inputs: [x], attrs: { axes }, make }) => {
  const moving = axes.filter((axis) => x!.shape[axis]! > 1);
  if (moving.length === 0) return x!;
  const inner = under('flip', x!);
  if (inner === null) return null;
  const first = (x!.node!.attrs as OpAttrs['flip']).axes;
  const once = [...first.filter((axis) => !axes.includes(axis)), ...axes.filter((axis) => !first.includes(axis))];
  return make('flip', [inner], { axes: once.sort((a, b) => a - b) });
};

const pad: Rule<'pad'> = (context) => {
  const { inputs, attrs, output } = context;
  const [x, fill] = inputs;
  const { low, high, interior } = attrs;
  const still = x!.shape.every((n, axis) => low[axis] === 0 && high[axis] === 0 && (n < 2 || interior[axis] === 0));
  if (still) return x!;
  const edge = literalOf(fill!);
  if (edge === undefined) return null;
  const inside = sizeOf(x!.shape) === 0 ? edge : literalOf(x!);
  return Object.is(inside, edge) || sizeOf(output.shape) === 0 ? number(edge, context) : null;
};

const concat: Rule<'concat'> = (context) => {
  const { inputs, attrs, make } = context;
  const parts = inputs.filter(({ shape }) => shape[attrs.axis] !== 0);
  const filledParts = parts.length > 0 ? parts : inputs.slice(0, 1);
  if (filledParts.length === 1) return filledParts[0]!;
  const literal = literalOf(filledParts[0]!);
  const uniform = (value: Value): boolean => Object.is(literalOf(value), literal);
  if (literal !== undefined && filledParts.every(uniform)) return number(literal, context);
  return filledParts.length === inputs.length ? null : make('concat', filledParts, attrs);
};

/** Rules of movement ops. */
export const MOVEMENT_RULES: Pick<Rules, View | 'pad' | 'concat'> = {
  reshape: firstOf<'reshape'>(reshape, ofLiteral),
  transpose: firstOf<'transpose'>(transpose, ofLiteral),
  broadcastTo: firstOf<'broadcastTo'>(broadcastTo, ofLiteral),
  slice: firstOf<'slice'>(slice, ofLiteral),
  flip: firstOf<'flip'>(flip, ofLiteral),
  pad,
  concat,
};
