/**
 * Data on its way to a model in another thread: arrays as they are, tensors as arrays, and iterables batch by batch.
 */
import { isArrayData, Tensor, Variable } from '@dl/tensor';
import { isPlain } from '@dl/tensor/interpreter';
import { isBatches } from '../data/source.ts';
import type { Channel, Handlers } from './channel.ts';

/** A dataset that stays on its side. */
interface Remote {
  readonly dlStream: number;
  readonly size: unknown;
}

const isRemote = (value: unknown): value is Remote => typeof (value as Partial<Remote> | null)?.dlStream === 'number';

/** The side that has the data. */
export class DataHost {
  readonly #sources = new Map<number, AsyncIterable<unknown> | Iterable<unknown>>();
  readonly #passes = new Map<number, AsyncIterator<unknown> | Iterator<unknown>>();
  #next = 0;

  /** Data as it can be posted. */
  async encode(value: unknown): Promise<unknown> {
    if (value instanceof Variable) return this.encode(value.value);
    if (value instanceof Tensor) return { data: await value.data(), shape: value.shape };
    if (isArrayData(value)) return { data: value.data, shape: value.shape };
    if (isBatches(value)) {
      const id = this.#next++;
      this.#sources.set(id, value);
      return { dlStream: id, size: (value as { readonly size?: unknown }).size } satisfies Remote;
    }
    if (Array.isArray(value)) {
      // Rows of numbers are posted as they are.
      const rows = value.every((one) => typeof one === 'number' || (Array.isArray(one) && typeof one[0] === 'number'));
      return rows ? value : Promise.all(value.map((one) => this.encode(one)));
    }
    if (!isPlain(value)) return value;
    const entries = await Promise.all(Object.entries(value).map(async ([key, one]) => [key, await this.encode(one)]));
    return Object.fromEntries(entries as [string, unknown][]);
  }

  /** Methods that the other side calls. */
  get handlers(): Handlers {
    return {
      open: (id: number): number => {
        const source = this.#sources.get(id)!;
        const pass = this.#next++;
        this.#passes.set(
          pass,
          Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator](),
        );
        return pass;
      },
      next: async (pass: number): Promise<{ done: boolean; value: unknown }> => {
        const { done = false, value } = await this.#passes.get(pass)!.next();
        return { done, value: done ? null : await this.encode(value) };
      },
      close: async (pass: number): Promise<void> => {
        const iterator = this.#passes.get(pass);
        this.#passes.delete(pass);
        await iterator?.return?.();
      },
    };
  }
}

/** Data as it came: streams become iterables that ask for one batch ahead. */
export function decodeData(value: unknown, channel: Channel): unknown {
  if (isRemote(value)) return remoteBatches(value, channel);
  if (isArrayData(value) || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.some(isRemote) ? value.map((one) => decodeData(one, channel)) : value;
  return value;
}

interface Pulled {
  readonly done: boolean;
  readonly value: unknown;
}

function remoteBatches({ dlStream, size }: Remote, channel: Channel): AsyncIterable<unknown> {
  const pull = (pass: number): Promise<Pulled> => {
    const pulled = channel.call<Pulled>('next', pass);
    // Whoever waits for it hears of an error.
    pulled.catch(() => undefined);
    return pulled;
  };
  async function* batches(): AsyncGenerator<unknown> {
    const pass = await channel.call<number>('open', dlStream);
    try {
      let ahead = pull(pass);
      for (;;) {
        const { done, value } = await ahead;
        if (done) return;
        ahead = pull(pass);
        yield value;
      }
    } finally {
      await channel.call('close', pass);
    }
  }
  return { [Symbol.asyncIterator]: batches, ...(typeof size === 'number' ? { size } : {}) };
}
