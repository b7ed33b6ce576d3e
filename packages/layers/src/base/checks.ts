/**
 * Checks of constructor arguments.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import type { LayerShape } from './input-spec.ts';

/** Numbers as they are, other values by their kind. */
export const showList = (value: unknown): string =>
  Array.isArray(value) ? `[${value.map(String).join(', ')}]` : describe(value);

/** A count such as units or filters: a positive integer. */
export function checkCount(where: string, name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  const hint = typeof value === 'object' && value !== null ? '; it stands before the object of options' : '';
  throw new ConfigError(`${where}: ${name} must be a positive integer, got ${describe(value)}${hint}`);
}

/** A probability such as a dropout rate. */
export function checkRate(where: string, name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigError(`${where}: ${name} must be in [0, 1], got ${describe(value)}`);
}

/** One of a few words. */
export function checkWord<W extends string>(where: string, name: string, value: W, allowed: readonly W[]): W {
  if (allowed.includes(value)) return value;
  throw new ConfigError(
    `${where}: ${name} must be ${allowed.map((word) => `'${word}'`).join(' or ')}, got ${describe(value)}`,
  );
}

/** One positive integer per spatial axis, from a single one or a list. */
export function checkPerAxis(
  where: string,
  name: string,
  value: number | readonly number[],
  rank: number,
): readonly number[] {
  const list = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
  if (Array.isArray(list) && list.length === rank && list.every((n) => Number.isInteger(n) && n > 0)) {
    return list as readonly number[];
  }
  throw new ConfigError(
    `${where}: ${name} must be a positive integer${rank > 1 ? ` or ${rank} of them` : ''}, got ${showList(list)}`,
  );
}

/** The size of an axis that must be known to make weights. */
export function knownSize(where: string, shape: LayerShape, axis: number): number {
  const size = shape.at(axis);
  if (typeof size === 'number') return size;
  throw new ConfigError(
    `${where}: the size of ${axis === -1 ? 'the last axis' : `axis ${axis}`} must be known to make the weights; give the input a fixed size there`,
  );
}
