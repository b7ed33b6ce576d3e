/**
 * `@dl/autograd`: transformations of functions of tensors.
 */
export { grad, valueAndGrad, variableGrads, vjp, type Gradients, type GradOptions } from './grad.ts';
export { jvp, type Tangent } from './jvp/jvp.ts';
export { JVP, type JvpTable } from './jvp/table.ts';
export type { JvpRule } from './jvp/rule.ts';
export { Jvp } from './jvp/interpreter.ts';
export { vectorizedMap, vmap, type Axes, type VmapOptions } from './vmap/vmap.ts';
export { BATCHING, type BatchTable } from './vmap/table.ts';
export type { BatchContext, BatchRule } from './vmap/rule.ts';
export { VMap } from './vmap/interpreter.ts';
export { hessian, hvp, jacfwd, jacobian, jacrev, type JacobianOptions } from './jacobian.ts';
export { checkpoint } from './checkpoint.ts';
export {
  customGradient,
  customJvp,
  customVjp,
  onGradient,
  type CustomGradientContext,
  type CustomVjpRule,
} from './custom.ts';
export { noGrad } from './no-grad.ts';
export { gradcheck, type GradcheckOptions } from './gradcheck.ts';
export { VJP, type VjpTable } from './vjp/table.ts';
export type { RuleContext, VjpRule } from './vjp/rule.ts';
export { Tape } from './tape.ts';
export { stopGradient } from '@dl/tensor';
