/**
 * What helps in finding faults.
 */
export { checkNumerics, type Handle } from './check-numerics.ts';
