/**
 * The order in which `numpy.random.RandomState(seed).shuffle` puts things, so that seeds divide data as they do in Keras.
 */

const N = 624;
const M = 397;

/** The Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura, 1998), seeded as NumPy does it with one number. */
class MersenneTwister {
  readonly #state = new Uint32Array(N);
  #at = N;

  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
      state[i] = Math.imul(1812433253, before) + i;
    }
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
      state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }

  /** 32 random bits. */
  next(): number {
    if (this.#at === N) this.#refill();
    let y = this.#state[this.#at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A number from 0 to `max`: bits above it are masked, and what is still too large is drawn again. */
  upTo(max: number): number {
    const mask = 0xffffffff >>> Math.clz32(max);
    let value: number;
    do value = (this.next() & mask) >>> 0;
    while (value > max);
    return value;
  }
}

/** 0 … n − 1 in the order that NumPy's legacy generator gives for a seed. */
export function numpyPermutation(n: number, seed: number): Int32Array {
  const random = new MersenneTwister(seed);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.upTo(i);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}
