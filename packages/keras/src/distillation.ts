/**
 * `@dl/keras/distillation`: a small model learns from a large one, as in `keras.distillation`.
 */
import './setup.ts';

export {
  DistillationLoss,
  FeatureDistillation,
  LogitsDistillation,
  type DistillationContext,
  type FeatureDistillationOptions,
  type LogitsDistillationOptions,
} from './distillation/distillation-loss.ts';
export { Distiller, type DistillerOptions } from './distillation/distiller.ts';
