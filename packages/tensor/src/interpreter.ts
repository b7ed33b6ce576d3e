/**
 * For authors of transformations (gradients, tracing, mapping): interpreters, the op table and traced graphs.
 */
export {
  apply,
  applyAll,
  currentInterpreter,
  withInterpreter,
  type GuardError,
  type Interpreter,
} from './runtime/interpreter.ts';
export type { ConvAttrs, ElementwiseName, LoopAttrs, OpAttrs, OpName, SwitchAttrs, WindowAttrs } from './ops/attrs.ts';
export type {
  CallAttrs,
  Callee,
  CalleeJvp,
  CalleeVjp,
  CalleeVmap,
  Differentiate,
  RecordedRegion,
  RegionGradient,
} from './ops/callee.ts';
export type { Aval } from './ops/spec.ts';
export { OP_NAMES, OPS } from './ops/table.ts';
export { hasDefaultRandom } from './functions/random.ts';
export { dilatedSize } from './ops/contract.ts';
export { graphKey } from './graph/key.ts';
export { replay } from './graph/replay.ts';
export { trace, traceCall, type Traced, type VariableUse } from './graph/trace.ts';
export { inputValue, printGraph, type Graph, type Node, type Value } from './graph/graph.ts';
export { inlineCalls } from './graph/inline.ts';
export { JIT_PASSES } from './jit/prelude.ts';
export { PASSES, runPasses, type Pass, type PassName, type PassOptions } from './graph/passes/passes.ts';
export { foldScales } from './graph/passes/fold-scales.ts';
export { splitPrelude, type SplitGraph } from './graph/passes/prelude.ts';
export { lower, type InputBinding, type Lowered, type OutputBinding } from './graph/lower.ts';
export { runLoop, type LoopValues } from './functions/run-loop.ts';
export { runSwitch } from './functions/run-switch.ts';
export type { RegionRules } from './ops/regions.ts';
export { composite, compositeAll, type StaticValue } from './functions/composite.ts';
export { op } from './functions/op.ts';
export { SymbolicTensor } from './symbolic-tensor.ts';
export { canSee, checkIndices } from './functions/check-indices.ts';
export { layoutOf, type Layout } from './layout.ts';
export { currentScope } from './runtime/scope.ts';
export { currentLabel, withLabel } from './runtime/label.ts';
export { compiledPrograms } from './runtime/eager.ts';
export {
  listenToStorages,
  profiler,
  type ProfiledPart,
  type ProfileListener,
  type StorageListener,
} from './runtime/profiler.ts';
export type { Storage } from './runtime/storage.ts';
export { isPlain, leavesOf, mapTree } from './tree.ts';
export { checkDType, DTYPES, isDType, isFloating, isInteger, promote } from './dtype.ts';
export {
  broadcastShapes,
  checkShape,
  describe,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  sameShape,
  sizeOf,
} from './shape.ts';
export { asTensor, castTo } from './create.ts';
