/**
 * What holds during one outermost call: the training flag that inner layers inherit, the collector of added losses, and the
 * layers whose call is under way.
 */
import type { DType, Tensor } from '@dl/tensor';

let training = false;
let collector: Tensor[] | null = null;
let buildPath = '';
let autocast: DType | null = null;
let callers: readonly object[] = [];

/** Whether the call under way is a training call. */
export function isTraining(): boolean {
  return training;
}

/** Runs `fn` with another training flag. */
export function withTraining<T>(flag: boolean, fn: () => T): T {
  const outer = training;
  training = flag;
  try {
    return fn();
  } finally {
    training = outer;
  }
}

/** Adds a scalar to the losses being collected; without a collector it is dropped. */
export function addToCollector(loss: Tensor): void {
  collector?.push(loss);
}

/** Whether added losses are being collected. */
export function isCollecting(): boolean {
  return collector !== null;
}

/**
 * Runs `fn` and returns its value with the losses that layers added meanwhile: activity regularizers and `addLoss`.
 *
 * @example
 * const { value, losses } = collectLosses(() => model.apply(x, { training: true }));
 */
export function collectLosses<T>(fn: () => T): { value: T; losses: readonly Tensor[] } {
  const outer = collector;
  const losses: Tensor[] = [];
  collector = losses;
  try {
    return { value: fn(), losses };
  } finally {
    collector = outer;
  }
}

/** Names of the layers being built, outermost first, each followed by a slash. */
export function currentPath(): string {
  return buildPath;
}

/** Runs `fn` with a layer's name at the end of the path of the weights it makes. */
export function withPath<T>(name: string, fn: () => T): T {
  const outer = buildPath;
  buildPath = `${outer}${name}/`;
  try {
    return fn();
  } finally {
    buildPath = outer;
  }
}

/** The dtype that floating weights are read in, or null for their own. */
export function autocastDType(): DType | null {
  return autocast;
}

/** Runs `fn` with weights read in a dtype. */
export function withAutocast<T>(dtype: DType | null, fn: () => T): T {
  const outer = autocast;
  autocast = dtype;
  try {
    return fn();
  } finally {
    autocast = outer;
  }
}

/** The layers whose `call` is under way, outermost first. */
export function currentCallers(): readonly object[] {
  return callers;
}

/** Runs the `call` of a layer. */
export function withCaller<T>(layer: object, fn: () => T): T {
  const outer = callers;
  callers = [...outer, layer];
  try {
    return fn();
  } finally {
    callers = outer;
  }
}
