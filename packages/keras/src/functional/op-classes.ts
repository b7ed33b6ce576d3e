/**
 * Ops in functional models as Keras stores them: each is a class with a module, of which tensors are arguments of the call
 * and all else is configuration.
 */
import { OpCall, type Config, type ConfigValue } from '@dl/layers';
import { ConfigError, einsum, range, RangeIndex, unknownName, type Tensor } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';

/** How Keras takes the arguments of an op, in the order they have here. */
interface Signature {
  readonly module: string;
  readonly name: string;
  /** Arguments of the call. */
  readonly inputs: readonly string[];
  /** Arguments of the constructor. */
  readonly settings: readonly string[];
}

/** Classes of a module by what they take: inputs of the call, then after `|` settings. Names as in `keras.ops`. */
const CLASSES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'keras.src.ops.numpy': {
    x: 'Absolute Arccos Arccosh Arcsin Arcsinh Arctan Arctanh Cbrt Ceil Cos Cosh Exp Exp2 Expm1 Floor Isfinite Isinf Isnan Log Log10 Log1p Log2 LogicalNot Negative OnesLike Ravel Reciprocal Sign Sin Sinh Sqrt Square Tan Tanh Trunc ZerosLike',
    'x1 x2':
      'Add Arctan2 Divide DivideNoNan Dot Equal FloorDivide Greater GreaterEqual Less LessEqual Logaddexp LogicalAnd LogicalOr LogicalXor Matmul Maximum Minimum Mod Multiply NotEqual Outer Power Subtract TrueDivide',
    'x | axis keepdims': 'All Any Argmax Argmin Max Mean Min Prod Std Sum Var',
    'x | axis': 'Argsort CountNonzero Cumprod Cumsum ExpandDims Flip Sort Squeeze Stack',
    'xs | axis': 'Concatenate',
    'x | newshape': 'Reshape',
    'x | shape': 'BroadcastTo',
    'x | axes': 'Transpose',
    'x | axis1 axis2': 'Swapaxes',
    'x | source destination': 'Moveaxis',
    'x | indices_or_sections axis': 'Split',
    'x | repeats': 'Tile',
    'x | repeats axis': 'Repeat',
    'x | shift axis': 'Roll',
    'x | pad_width mode': 'Pad',
    'x | x_min x_max': 'Clip',
    'x | k': 'Tril Triu',
    'x | decimals': 'Round',
    'x indices | axis': 'Take TakeAlongAxis',
    'x key': 'GetItem',
    'condition x1 x2': 'Where',
    'operands | subscripts': 'Einsum',
  },
  'keras.src.ops.nn': {
    x: 'HardSigmoid HardSilu HardTanh LogSigmoid Relu Relu6 Selu Sigmoid Silu Softplus Softsign SparsePlus SparseSigmoid TanhShrink',
    'x | alpha': 'Celu Elu',
    'x | negative_slope': 'LeakyRelu',
    'x | approximate': 'Gelu',
    'x | axis': 'Glu LogSoftmax Softmax Sparsemax',
    'x | threshold': 'HardShrink SoftShrink',
    'x | b': 'Squareplus',
    'x | num_classes axis dtype': 'OneHot',
    'x | axis order epsilon': 'Normalize',
  },
  'keras.src.ops.core': { 'x | dtype': 'Cast', 'variable |': 'StopGradient' },
  'keras.src.ops.math': { x: 'Erf Erfinv Rsqrt', 'x | axis keepdims': 'Logsumexp' },
  'keras.src.ops.linalg': { x: 'Cholesky Det Inv' },
};

/** Ops whose names here are not those of the classes in lower case. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  Absolute: 'abs',
  Arccos: 'acos',
  Arccosh: 'acosh',
  Arcsin: 'asin',
  Arcsinh: 'asinh',
  Arctan: 'atan',
  Arctan2: 'atan2',
  Arctanh: 'atanh',
  Concatenate: 'concat',
  Divide: 'div',
  Multiply: 'mul',
  Negative: 'neg',
  Power: 'pow',
  Sigmoid: 'logistic',
  Subtract: 'sub',
  TrueDivide: 'div',
  Var: 'variance',
};

/** The module of ops that Keras does not have. */
const OWN_MODULE = 'dl.ops';

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

const SIGNATURES: readonly Signature[] = /* @__PURE__ */ Object.entries(CLASSES).flatMap(([module, groups]) =>
  Object.entries(groups).flatMap(([parameters, names]) => {
    const [inputs = '', settings = ''] = parameters.split('|');
    return words(names).map((name) => ({ module, name, inputs: words(inputs), settings: words(settings) }));
  }),
);

const nameHere = ({ name }: Signature): string => (OTHER_NAMES[name] ?? name).toLowerCase();

/** The stored op and the arguments of its call. */
export interface StoredOp {
  readonly record: Config;
  readonly args: readonly unknown[];
}

/** An op as Keras stores it; one that Keras does not have keeps its name here and all its arguments. */
export function storeOp(operation: OpCall, args: readonly unknown[]): StoredOp {
  const { name } = operation;
  if (operation.op === 'at') return storeOp(new OpCall('getItem', operation.apply, name), [args[0], args.slice(1)]);
  if (operation.op === 'splitSizes') return storeOp(new OpCall('split', operation.apply, name), placesOf(args));
  const { op } = operation;
  const signature = SIGNATURES.find((one) => nameHere(one) === op.toLowerCase());
  const count = signature === undefined ? 0 : signature.inputs.length + signature.settings.length;
  if (signature === undefined || args.length > count) {
    const record = { module: OWN_MODULE, class_name: op, config: { name }, registered_name: `dl>${op}` };
    return { record, args };
  }
  const { module, name: className, inputs, settings } = signature;
  const given = args.slice(inputs.length).flatMap((value, i): [string, ConfigValue][] => {
    return value === undefined ? [] : [[settings[i]!, value as ConfigValue]];
  });
  const config = { name, ...Object.fromEntries(given) };
  const record = { module, class_name: className, config, registered_name: className };
  if (className === 'Einsum') return { record, args: args[0] as readonly unknown[] };
  return {
    record,
    args: args.slice(0, inputs.length).map((value, i) => (inputs[i] === 'key' ? storeIndex(value) : value)),
  };
}

/** Sizes of parts as the places where parts begin, which Keras takes. */
function placesOf([x, parts, ...axis]: readonly unknown[]): readonly unknown[] {
  if (!Array.isArray(parts)) return [x, parts, ...axis];
  let place = 0;
  return [x, parts.slice(0, -1).map((size: number) => (place += size)), ...axis];
}

/** Takes its tensors one by one in files, and is recorded with a list of them. */
function loadEinsum({ name, subscripts }: Config): LoadedOp {
  const fn = (operands: readonly Tensor[], equation: string): Tensor => einsum(equation, ...operands);
  const operation = new OpCall('einsum', fn, ...(typeof name === 'string' ? [name] : []));
  return { operation, call: (args) => [args, subscripts] };
}

/** An index in Python's terms: null is a new axis there and `:` is a slice. */
function storeIndex(index: unknown): unknown {
  if (Array.isArray(index)) return index.map(storeIndex);
  if (index === null) return storeIndex(range());
  if (index === 'new') return null;
  if (index === '...') return { class_name: '__ellipsis__', config: {} };
  if (!(index instanceof RangeIndex)) return index;
  const { start, stop, step } = index;
  return { class_name: '__slice__', config: { start, stop, step } };
}

/** The other way around. */
function loadIndex(index: unknown): unknown {
  if (Array.isArray(index)) return index.map(loadIndex);
  if (index === null) return 'new';
  if (!isPlain(index)) return index;
  const { class_name: kind, config } = index as {
    class_name?: unknown;
    config?: Readonly<Record<string, number | null>>;
  };
  if (kind === '__ellipsis__') return '...';
  return kind === '__slice__' ? range(config?.['start'], config?.['stop'], config?.['step'] ?? 1) : index;
}

/** Ops by the names they are recorded under. */
export type OpTable = Readonly<Record<string, unknown>>;

/** An op from its record. `call` gives the arguments of the recorded function for those of a stored call. */
export interface LoadedOp {
  readonly operation: OpCall;
  readonly call: (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => readonly unknown[];
}

/** Whether Keras has an op of this class. */
export const isOpClass = (name: string): boolean => SIGNATURES.some((one) => one.name === name);

/** Whether a record is that of an op. */
export const isOpRecord = (module: unknown): boolean =>
  typeof module === 'string' && (module === OWN_MODULE || module.startsWith('keras.src.ops'));

/**
 * Finds the op of a record.
 *
 * @throws ConfigError for an op that is unknown, or settings that it does not take here.
 */
export function loadOp(
  { class_name: className, config }: { readonly class_name: string; readonly config: Config },
  ops: OpTable,
  where: string,
): LoadedOp {
  const signature = SIGNATURES.find(({ name }) => name === className);
  const wanted = (signature === undefined ? className : nameHere(signature)).toLowerCase();
  const functions = Object.values(ops).filter((value) => typeof value === 'function');
  const fn = functions.find(({ name }) => name.toLowerCase() === wanted) as ((...args: never[]) => unknown) | undefined;
  if (fn === undefined) {
    const known = [...SIGNATURES.map(({ name }) => name), ...functions.map(({ name }) => name)];
    return unknownName(where, 'op', className, known);
  }
  const { name } = config;
  if (className === 'Einsum') return loadEinsum(config);
  const operation = new OpCall(fn.name, fn, ...(typeof name === 'string' ? [name] : []));
  if (signature === undefined) return { operation, call: (args) => args };
  const { inputs, settings } = signature;
  for (const [key, value] of Object.entries(config)) {
    if (key === 'name' || settings.includes(key) || value === null || value === false) continue;
    throw new ConfigError(`${where}: the op ${className} has the setting ${key}, which is unknown here`);
  }
  return {
    operation,
    call: (args, kwargs) => {
      const tensors = inputs.map((key, i) => {
        const value = i < args.length ? args[i] : kwargs[key];
        return key === 'key' ? loadIndex(value) : value;
      });
      const all = [...tensors, ...settings.map((key) => config[key] ?? undefined)];
      while (all.length > 0 && all.at(-1) === undefined) all.pop();
      return all;
    },
  };
}
