/**
 * Small operations on logs.
 */
import type { Logs } from '../callbacks/callback.ts';

/** Logs in alphabetical order. */
export function sortLogs(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** What evaluation returns: a record if asked for, otherwise a list in compile order, or its only number. */
export function pickLogs(logs: Logs, returnDict: boolean | undefined): number | number[] | Logs {
  if (returnDict === true) return sortLogs(logs);
  const values = Object.values(logs);
  return values.length === 1 ? values[0]! : values;
}
