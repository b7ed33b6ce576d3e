/**
 * rearrange: reshaping and transposing by names of axes, as in einops.
 */
import { asTensor, type TensorLike } from '../../create.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { formatShape, sizeOf } from '../../shape.ts';
import type { Tensor } from '../../tensor.ts';
import { reshape, transpose } from '../movement.ts';
import { op } from '../op.ts';

/** One side of a pattern: names, in groups that are one axis each. */
type Side = readonly (readonly string[])[];

const DOTS = '…';

function parse(text: string, fail: (why: string) => never): Side {
  const tokens = text.replaceAll('...', ` ${DOTS} `).match(/[()]|[^\s()]+/g) ?? [];
  const side: string[][] = [];
  let group: string[] | null = null;
  for (const token of tokens) {
    if (token === '(') {
      if (group !== null) fail('has a bracket in a bracket');
      group = [];
    } else if (token === ')') {
      if (group === null) fail("has ')' without '('");
      side.push(group!);
      group = null;
    } else if (!/^([A-Za-z_]\w*|1|…)$/.test(token)) fail(`has '${token}', which is no name of an axis`);
    else if (group === null) side.push(token === '1' ? [] : [token]);
    else if (token !== '1') group.push(token);
  }
  if (group !== null) fail("has '(' without ')'");
  const names = side.flat();
  if (new Set(names).size !== names.length) fail('names an axis twice on one side');
  return side;
}

/** The pattern with names for the axes that `...` stands for. */
const spell = (side: Side, hidden: readonly string[]): Side =>
  side.flatMap((group) =>
    group.length === 1 && group[0] === DOTS
      ? hidden.map((name) => [name])
      : [group.flatMap((name) => (name === DOTS ? hidden : [name]))],
  );

/**
 * Reorders, splits and joins axes by a pattern (A. Rogozhnikov, "Einops", 2022). Brackets join axes into one; `...` stands
 * for axes without names; 1 for an axis of that size. `sizes` gives those that the shape does not tell.
 *
 * @throws ConfigError for a pattern that is wrong, ShapeError for one that does not fit the shape.
 * @example rearrange(images, 'b (h p) (w q) c -> b (h w) (p q c)', { p: 16, q: 16 }); // patches
 */
export const rearrange: (x: TensorLike, pattern: string, sizes?: Readonly<Record<string, number>>) => Tensor =
  /* @__PURE__ */ op('rearrange', (x: TensorLike, pattern: string, sizes: Readonly<Record<string, number>> = {}) => {
    const t = asTensor(x, 'rearrange');
    const fail = (why: string): never => {
      throw new ConfigError(`rearrange: the pattern '${pattern}' ${why}`);
    };
    const sides = String(pattern).split('->');
    if (sides.length !== 2) fail("must have one '->'");
    const [rawLeft, rawRight] = sides.map((text) => parse(text, fail)) as [Side, Side];
    const count = t.rank - rawLeft.filter((group) => group[0] !== DOTS).length;
    const hasDots = rawLeft.flat().includes(DOTS);
    if (hasDots ? count < 0 : count !== 0) {
      throw new ShapeError(`rearrange: '${sides[0]!.trim()}' does not fit the shape ${formatShape(t.shape)}`);
    }
    const hidden = Array.from({ length: count }, (_, i) => `${DOTS}${i}`);
    const [left, right] = [spell(rawLeft, hidden), spell(rawRight, hidden)];
    const [known, wanted] = [left.flat(), right.flat()];
    const odd = [...known.filter((n) => !wanted.includes(n)), ...wanted.filter((n) => !known.includes(n))];
    if (odd.length > 0) fail(`has '${odd[0]}' on one side only`);
    const unused = Object.keys(sizes).find((name) => !known.includes(name));
    if (unused !== undefined) fail(`has no axis '${unused}', whose size is given`);

    const lengths = new Map<string, number>(Object.entries(sizes));
    left.forEach((group, axis) => {
      const n = t.shape[axis]!;
      const open = group.filter((name) => !lengths.has(name));
      if (open.length > 1) fail(`leaves the sizes of ${open.map((name) => `'${name}'`).join(' and ')} open`);
      const rest = sizeOf(group.filter((name) => lengths.has(name)).map((name) => lengths.get(name)!));
      if (open.length === 1 && rest > 0) lengths.set(open[0]!, n / rest);
      const all = sizeOf(group.map((name) => lengths.get(name) ?? 0));
      if (all !== n || group.some((name) => !Number.isInteger(lengths.get(name)))) {
        throw new ShapeError(
          `rearrange: axis ${axis} of ${formatShape(t.shape)} has size ${n}, which does not divide as '(${group.join(' ')})' says`,
        );
      }
    });
    const apart = reshape(
      t,
      known.map((name) => lengths.get(name)!),
    );
    const moved = transpose(
      apart,
      wanted.map((name) => known.indexOf(name)),
    );
    return reshape(
      moved,
      right.map((group) => sizeOf(group.map((name) => lengths.get(name)!))),
    );
  });
