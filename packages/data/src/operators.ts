// The streaming operators, as async generators over a source that can be opened again and again.
import type { RandomIndex } from './random.ts';
import { stack } from './stack.ts';

/** Starts a new pass over some elements. */
export type Open<T> = () => AsyncIterable<T>;

const ignore = (): void => {};

/** Calls `fn` on each element, with at most `concurrency` calls in flight; keeps the order. */
export async function* mapElements<T, U>(
  upstream: AsyncIterable<T>,
  fn: (value: T, index: number) => U | Promise<U>,
  concurrency: number,
): AsyncGenerator<U> {
  let index = 0;
  const inFlight: Promise<U>[] = [];
  for await (const value of upstream) {
    const call = index;
    const result = (async () => fn(value, call))();
    result.catch(ignore); // Reported when its turn comes.
    index++;
    inFlight.push(result);
    if (inFlight.length >= concurrency) yield await inFlight.shift()!;
  }
  for (const result of inFlight) yield await result;
}

/** Keeps the elements for which `keep` holds. */
export async function* filterElements<T>(
  upstream: AsyncIterable<T>,
  keep: (value: T, index: number) => boolean | Promise<boolean>,
): AsyncGenerator<T> {
  let index = 0;
  for await (const value of upstream) if (await keep(value, index++)) yield value;
}

/** Groups elements and stacks each group. */
export async function* batchElements<T>(
  upstream: AsyncIterable<T>,
  size: number,
  dropRemainder: boolean,
): AsyncGenerator<unknown> {
  let rows: T[] = [];
  for await (const value of upstream) {
    rows.push(value);
    if (rows.length === size) {
      yield stack(rows);
      rows = [];
    }
  }
  if (rows.length > 0 && !dropRemainder) yield stack(rows);
}

/** Shuffles through a buffer; draws the same order as `shuffleIndices` does. */
export async function* shuffleElements<T>(
  upstream: AsyncIterable<T>,
  bufferSize: number,
  random: RandomIndex,
): AsyncGenerator<T> {
  const buffer: T[] = [];
  for await (const value of upstream) {
    if (buffer.length < bufferSize) {
      buffer.push(value);
      continue;
    }
    const j = random(buffer.length);
    const out = buffer[j]!;
    buffer[j] = value;
    yield out;
  }
  while (buffer.length > 0) {
    const j = random(buffer.length);
    const out = buffer[j]!;
    const last = buffer.pop()!;
    if (j < buffer.length) buffer[j] = last;
    yield out;
  }
}

/** Opens the source `times` times; ends when a pass is empty, so that an endless repeat of nothing ends. */
export async function* repeatElements<T>(open: Open<T>, times: number): AsyncGenerator<T> {
  for (let pass = 0; pass < times; pass++) {
    let empty = true;
    for await (const value of open()) {
      empty = false;
      yield value;
    }
    if (empty) return;
  }
}

/** The first `count` elements. */
export async function* takeElements<T>(upstream: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  if (count === 0) return;
  let taken = 0;
  for await (const value of upstream) {
    yield value;
    if (++taken === count) return;
  }
}

/** All but the first `count` elements. */
export async function* skipElements<T>(upstream: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let skipped = 0;
  for await (const value of upstream) if (skipped++ >= count) yield value;
}

/** One source after the other. */
export async function* concatElements<T>(opens: readonly Open<T>[]): AsyncGenerator<T> {
  for (const open of opens) yield* open();
}

/** Elements side by side; ends with the shortest source. `join` makes one element from one of each. */
export async function* zipElements<T>(
  opens: readonly Open<unknown>[],
  join: (values: readonly unknown[]) => T,
): AsyncGenerator<T> {
  const iterators = opens.map((open) => open()[Symbol.asyncIterator]());
  try {
    while (true) {
      const results = await Promise.all(iterators.map((iterator) => iterator.next()));
      if (results.some((result) => result.done)) return;
      yield join(results.map((result) => result.value));
    }
  } finally {
    await Promise.all(iterators.map(async (iterator) => iterator.return?.()));
  }
}

/** Asks for up to `count` elements before they are needed. */
export async function* prefetchElements<T>(upstream: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  const iterator = upstream[Symbol.asyncIterator]();
  const ahead: Promise<IteratorResult<T>>[] = [];
  const ask = (): void => {
    const next = iterator.next();
    next.catch(ignore); // Reported when its turn comes.
    ahead.push(next);
  };
  try {
    while (true) {
      while (ahead.length < count) ask();
      const result = await ahead.shift()!;
      if (result.done) return;
      // Refilled before the element is handed out, so that work goes on while the caller uses it.
      ask();
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}
