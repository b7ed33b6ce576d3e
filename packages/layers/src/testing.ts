/**
 * `@dl/layers/testing`: checks that every layer must pass, for layers of your own too. They throw, so any test runner will do.
 */
export { checkLayer, type LayerCase } from './testing/check-layer.ts';
export type { Differentiation } from './testing/check-gradients.ts';
