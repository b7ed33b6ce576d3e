/**
 * The backend contract: five required methods. Work happens in call order; buffers are untyped bytes.
 */
import type { DType } from '../dtype.ts';
import type { SplitWide } from '../graph/split-wide.ts';
import type { KernelKind, Program } from '../kernel/kernel.ts';

/** A handle to device memory. Its bytes may move between runs; only the backend that made it can use it. */
export interface Buffer {
  readonly byteLength: number;
}

/** What a backend can do; everything else is lowered or converted before it sees a program. */
export interface Capabilities {
  /** Dtypes that programs may load and store. */
  readonly dtypes: ReadonlySet<DType>;
  /** Kernel kinds the backend runs itself; must contain `map` and `reduce`. */
  readonly kernels: ReadonlySet<KernelKind>;
  /**
   * Rewrites kernels of other kinds: `legalize`, exported beside this contract. A backend that runs all kinds leaves it out,
   * and so do bundles then.
   */
  readonly legalize?: (program: Program, kinds: ReadonlySet<KernelKind>) => Program;
  /** Names of calls that it wants as `routine` kernels instead of their bodies. */
  readonly composites: ReadonlySet<string>;
  /** Whether sizes, strides, offsets and scalars may be run-time parameters. Otherwise they arrive as immediates. */
  readonly dynamic: boolean;
  /** Most operands (loads and stores) of one kernel; a single expression may need more, unless `splitWide` is given. */
  readonly maxOperands: number;
  /** Cuts expressions over too many operands: `splitWide`, exported beside this contract, where the limit is one of the device. */
  readonly splitWide?: SplitWide;
  /** `range`: buffers may be byte ranges of one memory. `buffer`: a kernel must not read and write one buffer. */
  readonly memory: 'range' | 'buffer';
  /** Whether unreachable buffers are reclaimed by the JS collector. */
  readonly collected: boolean;
  /** Bytes one element takes in a buffer; `read` and `write` convert from and to the host's width. */
  bytesPerElement(dtype: DType): number;
}

/** A compiled program. `run` binds buffers to `program.args` and numbers to `program.params`, and is not reentrant. */
export interface Executable {
  run(args: readonly Buffer[], params: readonly number[]): void;
  dispose(): void;
}

/**
 * A device. Implement the five methods without `?`; run `conformance()` of `@dl/tensor/testing` to see what is missing.
 *
 * `write` and `read` move host bytes of `dtype` elements; offsets and lengths count elements.
 */
export interface Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Memory for `byteLength` bytes; contents undefined; 0 is legal. */
  allocate(byteLength: number): Buffer;
  /** Gives a buffer back; legal while work on it is pending. */
  free(buffer: Buffer): void;
  write(buffer: Buffer, data: ArrayBufferView, dtype: DType): void;
  /** Resolves with `length` elements after all earlier work. */
  read(buffer: Buffer, dtype: DType, offset: number, length: number): Promise<ArrayBuffer>;
  compile(program: Program): Executable;
  /** As `read`, at once; absent where the device cannot. */
  readSync?(buffer: Buffer, dtype: DType, offset: number, length: number): ArrayBuffer;
  compileAsync?(program: Program): Promise<Executable>;
  /** Resolves when all earlier work is done. */
  fence?(): Promise<void>;
  dispose?(): void;
}
