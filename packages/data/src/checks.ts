// Run-time checks of options, for callers without a type checker.
import { ConfigError } from './errors.ts';

/** A value as it should appear in a message: short, and with its type where that helps. */
export const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'no prototype'})`;
  return String(value);
};

/** Throws unless `value` is an integer of at least `min`. */
export const checkInteger = (where: string, name: string, value: unknown, min: number): void => {
  if (!Number.isSafeInteger(value) || (value as number) < min) {
    throw new ConfigError(`${where}: ${name} must be an integer of at least ${min}, got ${show(value)}`);
  }
};

/** Throws unless `value` is a function. */
export const checkFunction = (where: string, name: string, value: unknown): void => {
  if (typeof value !== 'function') throw new ConfigError(`${where}: ${name} must be a function, got ${show(value)}`);
};

/** Throws when an options object has a name that is not known. */
export const checkNames = (where: string, options: unknown, known: readonly string[]): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(`${where}: options must be an object, got ${show(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new ConfigError(`${where}: unknown option '${name}'; known: ${known.join(', ')}`);
    }
  }
};
