/**
 * Between which kernels threads must wait for each other: where one touches what another has written, or writes what
 * another touches.
 */
import { operandsOf, writtenBy, type Program, type SimpleKernel } from '@dl/tensor/backend';
import { carriesOf, turnsOf } from './layout.ts';

interface Touched {
  readonly reads: Set<number>;
  readonly writes: Set<number>;
}

/** Buffers that can lie in the same memory have the same place. */
function placesOf(program: Program): readonly number[] {
  const places = program.buffers.map((_, i) => i);
  const join = (a: number, b: number): void => {
    const [from, to] = [places[a]!, places[b]!];
    places.forEach((place, i) => place === from && (places[i] = to));
  };
  for (const turn of turnsOf(program)) turn.forEach((buffer) => join(buffer, turn[0]!));
  for (const { current, next } of carriesOf(program.kernels)) join(next, current);
  return places;
}

/** What has been touched since the last barrier, by all threads and by the first alone. */
export class Barriers {
  readonly #places: readonly number[];
  #team: Touched = { reads: new Set(), writes: new Set() };
  #alone: Touched = { reads: new Set(), writes: new Set() };

  constructor(program: Program) {
    this.#places = placesOf(program);
  }

  /** Whether a barrier must come before a kernel, which counts as passed then. */
  before(kernel: SimpleKernel, divided: boolean): boolean {
    const at = (buffer: number): number => this.#places[buffer]!;
    const writes = [...writtenBy(kernel)].map(at);
    const reads = operandsOf(kernel).map(({ buffer }) => at(buffer));
    const meets = (other: Touched): boolean =>
      reads.some((place) => other.writes.has(place)) ||
      writes.some((place) => other.writes.has(place) || other.reads.has(place));
    const needed = meets(this.#team) || (divided && meets(this.#alone));
    if (needed) this.passed();
    const own = divided ? this.#team : this.#alone;
    reads.forEach((place) => own.reads.add(place));
    writes.forEach((place) => own.writes.add(place));
    return needed;
  }

  /** All threads have met. */
  passed(): void {
    this.#team = { reads: new Set(), writes: new Set() };
    this.#alone = { reads: new Set(), writes: new Set() };
  }
}
