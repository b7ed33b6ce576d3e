/**
 * Event files: records of events, appended as they come.
 */
import { writeTfRecord } from '@dl/formats';
import { event, summary, type EventContent, type SummaryValue } from './messages.ts';
import type { LogWriter } from './log-folder.ts';

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
  readonly #to: LogWriter;
  #path: string | null = null;

  constructor(folder: string, to: LogWriter) {
    this.#folder = folder;
    this.#to = to;
  }

  #write(step: number, content: EventContent): void {
    if (this.#path === null) {
      this.#path = `${this.#folder}/${fileName()}`;
      this.#write(0, { version: 'brain.Event:2' });
    }
    this.#to(this.#path, writeTfRecord(event(Date.now() / 1e3, step, content)), true);
  }

  add(step: number, value: SummaryValue): void {
    this.#write(step, { summary: summary(value) });
  }

  addGraph(graph: Uint8Array): void {
    this.#write(0, { graph });
  }
}
