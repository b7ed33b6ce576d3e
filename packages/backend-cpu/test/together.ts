/**
 * Running programs on one thread and on several, whatever their size, and comparing the bits.
 */
import { setThreads } from '@dl/backend-cpu';
import {
  fromFloat16Bits,
  viewBytes,
  type Backend,
  type Buffer,
  type DType,
  type Executable,
  type Program,
} from '@dl/tensor/backend';
import { expect } from 'vitest';
import { LEAST } from '../src/program/effort.ts';
import { runtime } from '../src/runtime.ts';

const { team, heap } = runtime();

/** Waits until so many threads can work together. */
export async function gathered(threads: number): Promise<void> {
  setThreads(threads);
  while (team.gather() !== threads) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Runs `body` as if every kernel were worth several threads, or none. */
export function whenWorth<T>(worth: boolean, body: () => T): T {
  const before = { ...LEAST };
  Object.assign(
    LEAST,
    worth ? { kernel: 0, program: 0, perByte: 0 } : { kernel: Infinity, program: Infinity, perByte: Infinity },
  );
  try {
    return body();
  } finally {
    Object.assign(LEAST, before);
  }
}

/** How many jobs the present workers have been given. */
export function jobs(): number {
  return team.workers === 0 ? 0 : heap.i32[team.control >>> 2]!;
}

/** What differs first between bytes, in words; null where all bits are equal or both numbers NaN. */
export function differentBits(got: ArrayBuffer, wanted: ArrayBuffer, dtype: DType): string | null {
  const [a, b] = [viewBytes(dtype, got), viewBytes(dtype, wanted)];
  const number = (x: number): number => (dtype === 'float16' ? fromFloat16Bits(x) : x);
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [number(a[i]!), number(b[i]!)];
    if (!Object.is(x, y)) return `[${i}] is ${x}, on one thread ${y}`;
  }
  return null;
}

/** A backend whose every run happens on one thread and on all, and fails where a bit differs. */
export function checked(backend: Backend): Backend {
  const bytesOf = (buffer: Buffer): ArrayBuffer => backend.readSync!(buffer, 'uint8', 0, buffer.byteLength);
  return {
    ...backend,
    compile: (program: Program): Executable => {
      const alone = whenWorth(false, () => backend.compile(program));
      const together = whenWorth(true, () => backend.compile(program));
      return {
        run: (args, params) => {
          const copies = args.map((buffer) => {
            const copy = backend.allocate(buffer.byteLength);
            backend.write(copy, new Uint8Array(bytesOf(buffer)), 'uint8');
            return copy;
          });
          whenWorth(false, () => alone.run(copies, params));
          whenWorth(true, () => together.run(args, params));
          args.forEach((buffer, i) => {
            const { dtype } = program.buffers[program.args[i]!]!;
            const difference = differentBits(bytesOf(buffer), bytesOf(copies[i]!), dtype);
            if (difference) expect.fail(`argument ${i} ${difference}: ${JSON.stringify({ ...program, params })}`);
          });
          copies.forEach((buffer) => backend.free(buffer));
        },
        dispose: () => {
          alone.dispose();
          together.dispose();
        },
      };
    },
  };
}
