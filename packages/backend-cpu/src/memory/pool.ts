/**
 * Host arrays for results. Making an ArrayBuffer costs more than most kernels: small results share one, and large
 * arrays that were given back are handed out again.
 */

/** Arrays up to this many bytes lie in the engine's own heap, where they cost next to nothing. */
export const SMALL = 64;
/** Arrays from this many bytes on are worth watching, so that the pool gets them when the collector finds their owner. */
export const LARGE: number = 2 ** 20;
/** Slab size by largest array in it: a kept array keeps its slab, so slabs stay small. */
const LARGEST_IN_SLAB = [512, 4096] as const;
const SLAB_SIZE = [8 * 1024, 32 * 1024] as const;
/** Most bytes that wait to be used again. */
const MAX_KEPT = 512 * 2 ** 20;

const open = SLAB_SIZE.map(() => ({ slab: new ArrayBuffer(0), at: 0 }));
const kept = new Map<number, Uint8Array[]>();
let keptBytes = 0;

/** An array whose contents are undefined. */
export function takeArray(byteLength: number): Uint8Array {
  if (byteLength <= SMALL) return new Uint8Array(byteLength);
  if (keptBytes >= byteLength) {
    const used = kept.get(byteLength)?.pop();
    if (used !== undefined) {
      keptBytes -= byteLength;
      return used;
    }
  }
  if (byteLength > LARGEST_IN_SLAB[1]) return new Uint8Array(byteLength);
  const which = byteLength <= LARGEST_IN_SLAB[0] ? 0 : 1;
  const place = open[which]!;
  if (place.at + byteLength > place.slab.byteLength) {
    place.slab = new ArrayBuffer(SLAB_SIZE[which]!);
    place.at = 0;
  }
  const bytes = new Uint8Array(place.slab, place.at, byteLength);
  place.at += (byteLength + 15) & -16;
  return bytes;
}

/** Takes an array back; when the pool is full, those of the size that came first go to the collector. */
export function giveArray(bytes: Uint8Array): void {
  const { byteLength } = bytes;
  if (byteLength <= SMALL || byteLength > MAX_KEPT) return;
  while (keptBytes + byteLength > MAX_KEPT) {
    const [size, list] = kept.entries().next().value!;
    keptBytes -= size * list.length;
    kept.delete(size);
  }
  const list = kept.get(byteLength);
  if (list) list.push(bytes);
  else kept.set(byteLength, [bytes]);
  keptBytes += byteLength;
}
