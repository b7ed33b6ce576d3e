/**
 * Counter-based random bits: Philox4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
import { DTypeError, ShapeError } from '../errors.ts';
import { at, binary, bitcast, cast, compare, constant, index, select, type ScalarExpr } from '../kernel/scalar.ts';
import { formatShape } from '../shape.ts';
import type { OpAttrs } from './attrs.ts';
import type { OpTable, OpaqueRow } from './spec.ts';

const u32 = (value: number): ScalarExpr => constant(value, 'uint32');
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const WEYL = [0x9e3779b9, 0xbb67ae85] as const;

/** Ten rounds on a counter of four words under a key of two. */
export function philox(counter: readonly ScalarExpr[], key: readonly ScalarExpr[]): ScalarExpr[] {
  let [c0, c1, c2, c3] = counter as [ScalarExpr, ScalarExpr, ScalarExpr, ScalarExpr];
  let [k0, k1] = key as [ScalarExpr, ScalarExpr];
  for (let round = 0; round < 10; round++) {
    const high0 = binary('mulHi', c0, u32(MULTIPLIERS[0]));
    const low0 = binary('mul', c0, u32(MULTIPLIERS[0]));
    const high1 = binary('mulHi', c2, u32(MULTIPLIERS[1]));
    const low1 = binary('mul', c2, u32(MULTIPLIERS[1]));
    [c0, c1, c2, c3] = [
      binary('xor', binary('xor', high1, c1), k0),
      low1,
      binary('xor', binary('xor', high0, c3), k1),
      low0,
    ];
    [k0, k1] = [binary('add', k0, u32(WEYL[0])), binary('add', k1, u32(WEYL[1]))];
  }
  return [c0, c1, c2, c3];
}

/**
 * Input: states uint32[…, 4] = key low, key high, counter low, counter high. Output: for each, `count` rounded up to a
 * multiple of 4 words; block i of four uses counter + i.
 */
const randomBits: OpaqueRow<OpAttrs['randomBits']> = {
  kind: 'opaque',
  infer: ([state], { count }) => {
    if (state!.dtype !== 'uint32') throw new DTypeError(`randomBits: the state must be uint32, got ${state!.dtype}`);
    if (state!.shape.at(-1) !== 4) {
      throw new ShapeError(`randomBits: the state must have shape [4], got ${formatShape(state!.shape)}`);
    }
    return [{ shape: [...state!.shape.slice(0, -1), Math.ceil(count / 4) * 4], dtype: 'uint32' }];
  },
  lower: (builder, [state], _, [out]) => {
    const lead = out!.shape.slice(0, -1);
    const word = (i: number): ScalarExpr =>
      at(0, 'uint32', [...lead.map((_, axis) => index(axis)), constant(i, 'int32')]);
    const low = binary('add', word(2), cast(index(lead.length), 'uint32'));
    const carry = select(compare('lt', low, word(2)), u32(1), u32(0));
    const words = philox([low, binary('add', word(3), carry), u32(0), u32(0)], [word(0), word(1)]);
    builder.map(
      [...lead, out!.shape.at(-1)! / 4],
      [state!],
      words.map((expr, i) => ({
        target: { ...out!, offset: out!.offset + i, strides: [...out!.strides.slice(0, -1), 4] },
        expr: bitcast(expr, 'uint32'),
      })),
    );
  },
};

/** All random rows. */
export const RANDOM: Pick<OpTable, 'randomBits'> = { randomBits };
