/**
 * Pace: keeps the page alive and the device's queue short while steps run.
 */
import { getBackend } from '@dl/tensor';

/** Longest time without a turn of the event loop, in milliseconds. */
const TURN = 16;
/** Most steps the device may be behind. */
const IN_FLIGHT = 2;

interface Host {
  readonly setImmediate?: (callback: () => void) => void;
}

/** Lets timers, input and other tasks run. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as Host;
  return new Promise((resolve) => {
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    // Timers are held back to 4 ms when nested; messages are not.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Waits where needed between steps. */
export class Pace {
  #last: number = performance.now();
  readonly #pending: Promise<void>[] = [];

  /** Call it after each step; null when there is nothing to wait for. */
  step(): Promise<void> | null {
    const fence = getBackend().fence?.();
    if (fence !== undefined) this.#pending.push(fence);
    const late = this.#pending.length > IN_FLIGHT ? this.#pending.shift()! : null;
    const now = performance.now();
    if (now - this.#last < TURN) return late;
    this.#last = now;
    return late === null ? nextTurn() : late.then(nextTurn);
  }
}
