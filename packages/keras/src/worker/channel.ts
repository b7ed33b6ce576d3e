/**
 * Calls between two sides of a port: each has methods, and asks for those of the other.
 */
import { BackendError } from '@dl/tensor';
import { decodeError, encodeError, type WireError } from './errors.ts';
import { listenTo, type PortLike } from './port.ts';

/** Methods by name; what they take and give can be cloned. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

/** What is posted. Other messages on the port are left alone. */
type Message =
  | { readonly dl: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly dl: 'tell'; readonly method: string; readonly argument: unknown }
  | { readonly dl: 'result'; readonly id: number; readonly value: unknown }
  | { readonly dl: 'error'; readonly id: number; readonly error: WireError };

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** One side. */
export class Channel {
  readonly #port: PortLike;
  readonly #handlers: Handlers;
  readonly #waiting = new Map<number, Waiting>();
  readonly #unlisten: () => void;
  #next = 0;
  #lost: Error | null = null;

  constructor(port: PortLike, handlers: Handlers) {
    this.#port = port;
    this.#handlers = handlers;
    this.#unlisten = listenTo(
      port,
      (message) => this.#hear(message),
      (cause) => this.#lose(cause),
    );
  }

  /** Calls a method of the other side. @throws what it throws, or BackendError when that side is gone. */
  call<T>(method: string, argument?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== null) {
        reject(this.#lost);
        return;
      }
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#post({ dl: 'call', id, method, argument });
    });
  }

  /** Calls a method of the other side without waiting for it. */
  tell(method: string, argument?: unknown): void {
    this.#post({ dl: 'tell', method, argument });
  }

  /** Leaves the port to others. */
  close(): void {
    this.#unlisten();
    this.#lose(new Error('the connection was closed'));
  }

  #post(message: Message): void {
    this.#port.postMessage(message);
  }

  #hear(given: unknown): void {
    const message = given as Message | null;
    if (typeof message !== 'object' || message === null) return;
    switch (message.dl) {
      case 'call':
        void this.#answer(message.id, message.method, message.argument);
        return;
      case 'tell':
        void this.#handlers[message.method]!(message.argument as never);
        return;
      case 'result':
        this.#take(message.id)?.resolve(message.value as never);
        return;
      case 'error':
        this.#take(message.id)?.reject(decodeError(message.error));
        return;
      default:
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  async #answer(id: number, method: string, argument: unknown): Promise<void> {
    try {
      this.#post({ dl: 'result', id, value: await this.#handlers[method]!(argument as never) });
    } catch (error) {
      this.#post({ dl: 'error', id, error: encodeError(error) });
    }
  }

  #lose(cause: Error): void {
    if (this.#lost !== null) return;
    this.#lost = new BackendError(`the worker with the model is gone: ${cause.message}`, { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#lost);
    this.#waiting.clear();
  }
}
