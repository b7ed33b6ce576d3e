/**
 * Where the buffers of a run lie in scratch memory. Temporaries whose lives do not overlap share their place.
 */
import {
  bodiesOf,
  buffersOf,
  byteWidth,
  type DType,
  type Int,
  type Kernel,
  type LoopKernel,
  type Program,
} from '@dl/tensor/backend';
import { needsWorkspace, workspaceOf } from './generate.ts';

/** Blocks start at multiples of a cache line, and vector stores may reach a little beyond their ends. */
const ALIGN = 64;
const SLACK = 32;

export function blockBytes(bytes: number): number {
  return Math.ceil((bytes + SLACK) / ALIGN) * ALIGN;
}

/** The pairs of buffers that change places in loops, however deep. */
export function carriesOf(kernels: readonly Kernel[]): LoopKernel['carries'] {
  return kernels.flatMap((kernel) => [
    ...(kernel.kind === 'loop' ? kernel.carries : []),
    ...carriesOf(bodiesOf(kernel).flat()),
  ]);
}

/** When a buffer is first and last touched, by kernel. */
interface Life {
  readonly first: number;
  readonly last: number;
}

function lives({ buffers, kernels }: Program): readonly Life[] {
  const spans = buffers.map(() => ({ first: kernels.length, last: -1 }));
  kernels.forEach((kernel, at) => {
    for (const buffer of buffersOf(kernel)) {
      const span = spans[buffer]!;
      span.first = Math.min(span.first, at);
      span.last = at;
    }
  });
  // After an odd number of iterations the bytes of one of a pair lie in the place of the other.
  const pairs = carriesOf(kernels);
  for (let changed = true; changed;) {
    changed = false;
    for (const { current, next } of pairs) {
      const [a, b] = [spans[current]!, spans[next]!];
      if (a.first === b.first && a.last === b.last) continue;
      changed = true;
      a.first = b.first = Math.min(a.first, b.first);
      a.last = b.last = Math.max(a.last, b.last);
    }
  }
  return spans;
}

/** Buffers that take turns in one place. */
type Turn = readonly number[];

/** Groups temporaries by place: each takes the first place that is free by then and holds things of its size. */
export function turnsOf(program: Program): readonly Turn[] {
  const spans = lives(program);
  const places: { readonly members: number[]; last: number; readonly size: Int; readonly dtype: DType }[] = [];
  const temps = program.buffers
    .map(({ role, size, dtype }, i) => ({ role, size, dtype, i, ...spans[i]! }))
    .filter(({ role, last }) => role === 'temp' && last >= 0)
    .sort((a, b) => a.first - b.first);
  for (const { i, first, last, size, dtype } of temps) {
    const free = places.filter((place) => place.last < first && similar(place, { size, dtype }));
    const [best] = free.sort((a, b) => wasted(a, size) - wasted(b, size));
    if (best) {
      best.members.push(i);
      best.last = last;
    } else {
      places.push({ members: [i], last, size, dtype });
    }
  }
  return places.map(({ members }) => members);
}

interface Sized {
  readonly size: Int;
  readonly dtype: DType;
}

/** Sizes that are known may differ by a factor of two; unknown ones must be the same parameter. */
function similar(a: Sized, b: Sized): boolean {
  if (typeof a.size !== 'number' || typeof b.size !== 'number')
    return (
      a.dtype === b.dtype && typeof a.size === 'object' && typeof b.size === 'object' && a.size.param === b.size.param
    );
  const ratio = (a.size * byteWidth(a.dtype)) / (b.size * byteWidth(b.dtype));
  return ratio >= 0.5 && ratio <= 2;
}

function wasted(a: Sized, size: Int): number {
  return typeof a.size === 'number' && typeof size === 'number' ? Math.abs(a.size - size) : 0;
}

/** Where temporaries lie, and how much memory kernels need besides. */
export interface Placed {
  /** Offset of each temporary from the start. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  /** What the first thread needs, which may be the only one, and what each further thread needs. */
  readonly workspace: number;
  readonly share: number;
}

/** The places of a program's temporaries, for the parameters of a run. */
export class Places {
  readonly #program: Program;
  readonly #turns: readonly Turn[];
  readonly #kernels: readonly Kernel[];
  readonly #fixed: boolean;
  #known: Placed | null = null;
  #knownThreads = 0;

  constructor(program: Program, fixed: boolean) {
    this.#program = program;
    this.#turns = turnsOf(program);
    this.#kernels = program.kernels.filter(needsWorkspace);
    this.#fixed = fixed || (this.#turns.length === 0 && this.#kernels.length === 0);
  }

  /** `int` gives the present value of a size. */
  at(int: (value: Int) => number, threads: number): Placed {
    if (this.#known !== null && this.#knownThreads === threads) return this.#known;
    const { buffers } = this.#program;
    const offsets = buffers.map(() => 0);
    let bytes = 0;
    for (const turn of this.#turns) {
      let largest = 0;
      for (const i of turn) {
        offsets[i] = bytes;
        largest = Math.max(largest, int(buffers[i]!.size) * byteWidth(buffers[i]!.dtype));
      }
      bytes += blockBytes(largest);
    }
    const most = (among: number): number => {
      let workspace = 0;
      for (const kernel of this.#kernels) workspace = Math.max(workspace, workspaceOf(kernel, int, among));
      return workspace === 0 ? 0 : blockBytes(workspace);
    };
    const placed = { offsets, bytes, workspace: most(1), share: threads === 1 ? 0 : most(threads) };
    if (this.#fixed) {
      this.#known = placed;
      this.#knownThreads = threads;
    }
    return placed;
  }
}
