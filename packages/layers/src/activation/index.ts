/**
 * Activations as layers.
 */
export {
  Activation,
  ELU,
  LeakyReLU,
  PReLU,
  ReLU,
  Softmax,
  type PReLUOptions,
  type ReLUOptions,
  type SoftmaxOptions,
} from './activation-layers.ts';
