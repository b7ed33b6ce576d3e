/**
 * Blocks of the heap that buffers own. They come back when a buffer is freed, or when the collector finds it.
 */
import type { Heap } from './heap.ts';

/** A block, and how many of its bytes count against the heap's budget. */
interface Block {
  readonly heap: Heap;
  readonly address: number;
  readonly counted: number;
}

/** A block of the heap that a buffer owns. */
export interface Resident extends Block {
  readonly bytes: number;
  /** Never touched; it tells the collector what handles are worth. */
  readonly ballast: ArrayBuffer | null;
}

/** Vector stores may reach a little beyond the end of a buffer. */
const SLACK = 32;
/** The engine makes large arrays without touching them, but clears small ones: so one of this size stands for many. */
const BALLAST = 32 * 2 ** 20;
/**
 * The collector runs after every two of these. It costs more than most kernels, so that it may as well wait until buffers
 * of a good part of the budget could have been dropped: ballast weighs less than they.
 */
const LIGHTER = 8;
/** Ballast of blocks that came back early waits for new ones: nothing is left to the collector there. */
const MOST_SPARE = 8;

const counted = new WeakMap<Heap, number>();
const spare: ArrayBuffer[] = [];
let weightless = 0;

// Only for buffers that live in the heap, whose memory the collector cannot see.
const forgotten = new FinalizationRegistry<Block>(giveBack);

/** Bytes of a heap that are counted against its budget. */
export function countedBytes(heap: Heap): number {
  return counted.get(heap) ?? 0;
}

function giveBack({ heap, address, counted: bytes }: Block): void {
  counted.set(heap, countedBytes(heap) - bytes);
  heap.release(address);
}

function ballastFor(bytes: number): ArrayBuffer | null {
  weightless += bytes / LIGHTER;
  if (weightless < BALLAST) return null;
  const fitting = spare.findIndex(({ byteLength }) => byteLength >= weightless / 2 && byteLength <= 2 * weightless);
  const ballast = fitting < 0 ? new ArrayBuffer(weightless) : spare.splice(fitting, 1)[0]!;
  weightless = 0;
  return ballast;
}

function owned(owner: object, block: Block, bytes: number): Resident {
  counted.set(block.heap, countedBytes(block.heap) + block.counted);
  forgotten.register(owner, block, owner);
  return { ...block, bytes, ballast: ballastFor(bytes) };
}

/** A block for bytes that must be in the heap. */
export function takeBlock(owner: object, heap: Heap, bytes: number): Resident {
  return owned(owner, { heap, address: heap.allocate(bytes + SLACK), counted: 0 }, bytes);
}

/** A block for bytes that may be in the heap; null where that would exceed the budget, or the memory. */
export function offerBlock(owner: object, heap: Heap, bytes: number): Resident | null {
  const address = countedBytes(heap) + bytes > heap.budget ? null : heap.offer(bytes + SLACK);
  return address === null ? null : owned(owner, { heap, address, counted: bytes }, bytes);
}

/** Gives a block back before its owner is collected. */
export function freeBlock(owner: object, resident: Resident): void {
  const { ballast, bytes } = resident;
  forgotten.unregister(owner);
  if (ballast === null) weightless = Math.max(0, weightless - bytes / LIGHTER);
  else if (spare.length < MOST_SPARE) spare.push(ballast);
  giveBack(resident);
}
