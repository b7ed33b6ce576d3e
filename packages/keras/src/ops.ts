/**
 * `keras.ops`: every op under its Keras name in camelCase, those that need derivatives included.
 */
export * from '@dl/tensor/ops';
export { customGradient, jvp, vectorizedMap } from '@dl/autograd';
