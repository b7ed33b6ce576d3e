/**
 * `@dl/autograd`: gradients of functions of tensors.
 */
export { grad, valueAndGrad, variableGrads, vjp, type Gradients, type GradOptions } from './grad.ts';
export { customGradient, type CustomGradientContext } from './custom.ts';
export { gradcheck, type GradcheckOptions } from './gradcheck.ts';
export { VJP, type VjpTable } from './rules/table.ts';
export type { RuleContext, VjpRule } from './rules/rule.ts';
export { Tape } from './tape.ts';
export { stopGradient } from '@dl/tensor';
