/**
 * For tests of backends and ops.
 */
export { interpret, reference } from './backend/reference/reference.ts';
