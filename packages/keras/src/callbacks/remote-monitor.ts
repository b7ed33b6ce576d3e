/**
 * RemoteMonitor: the logs of every epoch, sent to a server.
 */
import { ConfigError } from '@dl/tensor';
import { describe } from '@dl/tensor/interpreter';
import { Callback, type Logs } from './callback.ts';

/** Options of {@link RemoteMonitor}. */
export interface RemoteMonitorOptions {
  /** Address of the server, 'http://localhost:9000' unless given. */
  readonly root?: string | undefined;
  /** Path below it, '/publish/epoch/end/' unless given. */
  readonly path?: string | undefined;
  /** Name of the form field with the JSON text, 'data' unless given; not used with `sendAsJson`. */
  readonly field?: string | undefined;
  /** Headers beside the content type. */
  readonly headers?: Readonly<Record<string, string>> | null | undefined;
  /** Whether the body is JSON rather than a form; false unless given. */
  readonly sendAsJson?: boolean | undefined;
}

/** Longest time for an answer, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Sends the epoch (from 0) and its logs to a server by POST, as `keras.callbacks.RemoteMonitor` does. Values that are not
 * finite are sent as null. A server that does not answer within ten seconds costs a warning, not the training.
 *
 * @throws ConfigError for an address that is not http or https, or a path that changes the host.
 * @example new RemoteMonitor({ root: 'http://localhost:9000', sendAsJson: true });
 */
export class RemoteMonitor extends Callback {
  readonly root: string;
  readonly path: string;
  readonly field: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sendAsJson: boolean;
  readonly #url: string;

  constructor(options: RemoteMonitorOptions = {}) {
    super();
    this.root = options.root ?? 'http://localhost:9000';
    this.path = options.path ?? '/publish/epoch/end/';
    this.field = options.field ?? 'data';
    this.headers = options.headers ?? {};
    this.sendAsJson = options.sendAsJson ?? false;
    this.#url = checkAddress(this.root, this.path);
  }

  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const text = JSON.stringify({ epoch, ...logs });
    const json = this.sendAsJson;
    const headers = { ...(json ? { 'Content-Type': 'application/json' } : {}), ...this.headers };
    const body = json ? text : new URLSearchParams({ [this.field]: text });
    try {
      const answer = await fetch(this.#url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PATIENCE) });
      // The connection is free again once the answer is read.
      await answer.arrayBuffer();
    } catch (error) {
      console.warn(`RemoteMonitor: could not reach the server at ${this.root}: ${(error as Error).message}`);
    }
  }
}

function checkAddress(root: string, path: string): string {
  const [base, full] = [root, root + path].map((text) => (URL.canParse(text) ? new URL(text) : null));
  if (base === null || base === undefined || !['http:', 'https:'].includes(base.protocol)) {
    throw new ConfigError(`RemoteMonitor: root must be an http or https address, got ${describe(root)}`);
  }
  if (full?.host === base.host) return full.href;
  throw new ConfigError(`RemoteMonitor: path ${describe(path)} must stay on the server ${base.host}; begin it with /`);
}
