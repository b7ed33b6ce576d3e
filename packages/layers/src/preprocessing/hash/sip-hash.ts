/**
 * SipHash-2-4 (J.-P. Aumasson, D. Bernstein, 2012): a hash with a key, which Keras uses where there is a salt.
 */
import { bytesOf, rotateLeft, word } from './bits.ts';

type State = [bigint, bigint, bigint, bigint];

function rounds([a, b, c, d]: State, count: number): State {
  for (let i = 0; i < count; i++) {
    a = word(a + b);
    c = word(c + d);
    b = rotateLeft(b, 13n) ^ a;
    d = rotateLeft(d, 16n) ^ c;
    a = rotateLeft(a, 32n);
    c = word(c + b);
    a = word(a + d);
    b = rotateLeft(b, 17n) ^ c;
    d = rotateLeft(d, 21n) ^ a;
    c = rotateLeft(c, 32n);
  }
  return [a, b, c, d];
}

/**
 * The hash of the UTF-8 bytes of a text under a key of two 64-bit words.
 *
 * @example sipHash('A', [133n, 137n]) % 3n; // 1n
 */
export function sipHash(text: string, [k0, k1]: readonly [bigint, bigint]): bigint {
  const bytes = bytesOf(text);
  const { byteLength } = bytes;
  const whole = byteLength - (byteLength % 8);
  let state: State = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const take = (m: bigint): void => {
    const [a, b, c, d] = rounds([state[0], state[1], state[2], state[3] ^ m], 2);
    state = [a ^ m, b, c, d];
  };
  for (let place = 0; place < whole; place += 8) take(bytes.getBigUint64(place, true));
  let last = BigInt(byteLength & 0xff) << 56n;
  for (let i = 0; i < byteLength - whole; i++) last |= BigInt(bytes.getUint8(whole + i)) << BigInt(8 * i);
  take(last);
  const [a, b, c, d] = rounds([state[0], state[1], state[2] ^ 0xffn, state[3]], 4);
  return a ^ b ^ c ^ d;
}
