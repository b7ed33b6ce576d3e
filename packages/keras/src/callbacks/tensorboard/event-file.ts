/**
 * Event files: records of events, appended as they come.
 */
import { writeTfRecord } from '@dl/formats';
import { event, summary, type EventContent, type SummaryValue } from './messages.ts';

/** Appends bytes to a file below the log folder; its name has slashes between folders. */
export type AppendBytes = (path: string, bytes: Uint8Array) => void;

/** Files of one process have different names. */
let files = 0;

interface Host {
  readonly process?: {
    readonly pid?: number;
    getBuiltinModule?(name: 'node:os'): { hostname(): string } | undefined;
  };
}

/** A name that TensorBoard takes for an event file. */
function fileName(): string {
  const { process } = globalThis as Host;
  const host = process?.getBuiltinModule?.('node:os')?.hostname() ?? 'page';
  return `events.out.tfevents.${Math.floor(Date.now() / 1e3)}.${host}.${process?.pid ?? 0}.${files++}.v2`;
}

/** One event file, made with its first event. */
export class EventFile {
  readonly #folder: string;
  readonly #append: AppendBytes;
  #path: string | null = null;

  constructor(folder: string, append: AppendBytes) {
    this.#folder = folder;
    this.#append = append;
  }

  #write(step: number, content: EventContent): void {
    if (this.#path === null) {
      this.#path = `${this.#folder}/${fileName()}`;
      this.#write(0, { version: 'brain.Event:2' });
    }
    this.#append(this.#path, writeTfRecord(event(Date.now() / 1e3, step, content)));
  }

  add(step: number, value: SummaryValue): void {
    this.#write(step, { summary: summary(value) });
  }

  addGraph(graph: Uint8Array): void {
    this.#write(0, { graph });
  }
}
