// Streams of row numbers. Operators on data in memory work on these, so that no row object exists before it is needed.
import type { RandomIndex } from './random.ts';

/** Writes the next row numbers and returns how many; fewer than asked may come at any time, 0 means the end. */
export type FillIndices = (into: Int32Array) => number;

/** 0, 1, … count - 1. */
export const rangeIndices = (count: number): FillIndices => {
  let next = 0;
  return (into) => {
    const n = Math.min(into.length, count - next);
    for (let i = 0; i < n; i++) into[i] = next++;
    return n;
  };
};

/** The numbers of an array, in order. */
export const arrayIndices = (values: Int32Array): FillIndices => {
  let next = 0;
  return (into) => {
    const part = values.subarray(next, next + into.length);
    into.set(part);
    next += part.length;
    return part.length;
  };
};

/** Fills as much of `into` as the stream has. */
export const fillFully = (fill: FillIndices, into: Int32Array): number => {
  let count = 0;
  while (count < into.length) {
    const n = fill(into.subarray(count));
    if (n === 0) break;
    count += n;
  }
  return count;
};

/** All numbers of a finite stream of known length. */
export const collectIndices = (fill: FillIndices, size: number): Int32Array => {
  const all = new Int32Array(size);
  return all.subarray(0, fillFully(fill, all));
};

/** At most `count` numbers. */
export const takeIndices = (fill: FillIndices, count: number): FillIndices => {
  let left = count;
  return (into) => {
    if (left === 0) return 0;
    const n = fill(left < into.length ? into.subarray(0, left) : into);
    left -= n;
    return n;
  };
};

/** All but the first `count` numbers. */
export const skipIndices = (fill: FillIndices, count: number): FillIndices => {
  let left = count;
  return (into) => {
    const scratch = left > 0 ? new Int32Array(Math.min(left, 1024)) : into;
    while (left > 0) {
      const n = fill(scratch.subarray(0, Math.min(left, scratch.length)));
      if (n === 0) return 0;
      left -= n;
    }
    return fill(into);
  };
};

/** The stream made anew `times` times, one after the other; ends when a pass is empty. */
export const repeatIndices = (open: () => FillIndices, times: number): FillIndices => {
  let pass = 0;
  let fill: FillIndices | undefined;
  return (into) => {
    while (true) {
      const fresh = fill === undefined;
      if (fill === undefined) {
        if (pass === times) return 0;
        pass++;
        fill = open();
      }
      const n = fill(into);
      if (n > 0) return n;
      fill = undefined;
      if (fresh) return 0;
    }
  };
};

/** A shuffle through a buffer: each output is drawn from the next `bufferSize` numbers. */
export const shuffleIndices = (fill: FillIndices, bufferSize: number, random: RandomIndex): FillIndices => {
  const buffer = new Int32Array(bufferSize);
  const ahead = new Int32Array(256);
  let aheadCount = 0;
  let aheadNext = 0;
  let count = -1;
  const pull = (): number => {
    if (aheadNext === aheadCount) {
      aheadNext = 0;
      aheadCount = fill(ahead);
      if (aheadCount === 0) return -1;
    }
    return ahead[aheadNext++]!;
  };
  return (into) => {
    if (count < 0) count = fillFully(fill, buffer);
    let n = 0;
    for (; n < into.length && count > 0; n++) {
      const j = random(count);
      into[n] = buffer[j]!;
      const next = pull();
      buffer[j] = next >= 0 ? next : buffer[--count]!;
    }
    return n;
  };
};
